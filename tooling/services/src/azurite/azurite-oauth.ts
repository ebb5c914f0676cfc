import { join } from "node:path";
import { createCertificate } from "../processes/certificate.ts";
import { accepts, freePorts, loopback } from "../processes/ports.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";
import { application } from "./application.ts";
import { azuriteAccount, azuriteParameters } from "./azurite.ts";

export interface AzuriteOAuthEndpoint {
  /** `https://host:port/account` */
  readonly url: string;
  /** PEM, to be trusted by clients of both servers (`NODE_EXTRA_CA_CERTS`). */
  readonly certificateFile: string;
  /** For `ClientSecretCredential` and `WorkloadIdentityCredential`, with `disableInstanceDiscovery: true`. */
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `IDENTITY_ENDPOINT` for `ManagedIdentityCredential`; any `IDENTITY_HEADER` will do. */
  readonly identityEndpoint: string;
}

export type AzuriteOAuthService = Service<
  AzuriteOAuthEndpoint,
  { readonly azurite: ServerProcess; readonly tokens: ServerProcess }
>;

/** Azurite over HTTPS, in memory, for clients with a token; and an endpoint that gives them tokens. */
export function startAzuriteOAuth(): Promise<AzuriteOAuthService> {
  return startService("azurite-oauth", async (directory) => {
    const [port = 0, tokenPort = 0] = await freePorts(2);
    const { certificateFile, keyFile } = await createCertificate(directory.path);
    const start = (name: string, listens: number, parameters: readonly string[]) =>
      startServer(directory, {
        name,
        command: process.execPath,
        parameters,
        untilReady: (signal) => waitUntil(`${name} to answer`, () => accepts(listens), { signal }),
      });
    const [azurite, tokens] = await Promise.all([
      start("azurite", port, [
        ...azuriteParameters(port),
        "--inMemoryPersistence",
        "--oauth",
        "basic",
        "--cert",
        certificateFile,
        "--key",
        keyFile,
      ]),
      start("tokens", tokenPort, [
        join(import.meta.dirname, "token-endpoint.ts"),
        String(tokenPort),
        certificateFile,
        keyFile,
      ]),
    ]);
    const authorityHost = `https://localhost:${tokenPort}`;
    const url = `https://${loopback}:${port}/${azuriteAccount.name}`;
    const identityEndpoint = `${authorityHost}/identity`;
    return {
      endpoint: { url, certificateFile, authorityHost, ...application, identityEndpoint },
      servers: { azurite, tokens },
    };
  });
}
