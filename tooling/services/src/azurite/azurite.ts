import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { accepts, freePorts, LOOPBACK } from "../processes/ports.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";

export interface AzuriteEndpoint {
  /** Includes the account, its key and the address. */
  readonly connectionString: string;
}

export interface AzuriteOptions {
  /**
   * Whether blobs are stored on disk and survive `kill("SIGTERM")` and `restart`. Azurite writes every 5 seconds, so a
   * plain `kill` loses the last ones.
   * @default false
   */
  readonly disk?: boolean;
}

export type AzuriteService = Service<AzuriteEndpoint, { readonly azurite: ServerProcess }>;

/** Azurite's default account, with its well-known key. */
export const AZURITE_ACCOUNT = {
  name: "devstoreaccount1",
  key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
} as const;

/** Starts Azurite, the emulator of Azure Blob Storage, over HTTP. */
export function startAzurite({ disk = false }: AzuriteOptions = {}): Promise<AzuriteService> {
  return startService("azurite", async (directory) => {
    const [port = 0] = await freePorts(1);
    const azurite = await startServer(directory, {
      name: "azurite",
      command: process.execPath,
      parameters: [
        ...azuriteParameters(port),
        ...(disk ? ["--location", join(directory.path, "blobs")] : ["--inMemoryPersistence"]),
      ],
      untilReady: (signal) => waitUntil("azurite to answer", () => accepts(port), { signal }),
    });
    const { name, key } = AZURITE_ACCOUNT;
    const url = `http://${LOOPBACK}:${port}/${name}`;
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${key};BlobEndpoint=${url};`;
    return { endpoint: { connectionString }, servers: { azurite } };
  });
}

/** Returns the program and the parameters that all Azurite servers have in common. */
export function azuriteParameters(port: number): string[] {
  const preload = pathToFileURL(join(import.meta.dirname, "preload.ts")).href;
  const program = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
  const address = ["--blobHost", LOOPBACK, "--blobPort", String(port)];
  // The default, 5 s, is so short that a busy machine often resets connections on which a request is on its way.
  const keepAlive = ["--blobKeepAliveTimeout", "3600"];
  // Azurite does not know the SDK's API version yet and would refuse it.
  const behavior = ["--disableTelemetry", "--silent", "--skipApiVersionCheck"];
  return ["--import", preload, program, ...address, ...keepAlive, ...behavior];
}
