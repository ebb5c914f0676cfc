import { randomBytes } from "node:crypto";
import { BlobServiceClient, ContainerClient, newPipeline, type Pipeline } from "@azure/storage-blob";
import type { Harness, Network, ChildProcessHarness } from "@threadstore/conformance";
import { type FaultProxy, type ProxiedRequest, startFaultProxy } from "@threadstore/conformance/fault-proxy";
import type { DriverOptions, RecordToWrite } from "@threadstore/core/driver";
import { recordInMetadata, recordMetadata, SHORT_RECORD_MAX_BYTES } from "./blob-state.ts";
import { type ChildProcessParameters, containerAt, PREFIX } from "./conformance-child.test-helper.ts";
import { azureBlobStore } from "./index.ts";
import { blobNameOf } from "./keys.ts";

/** Options of a driver call that is not aborted. */
export const driverOptions: DriverOptions = { signal: new AbortController().signal };

/** Creates a container. */
export async function newContainer(connectionString: string): Promise<ContainerClient> {
  const name = `t-${randomBytes(8).toString("hex")}`;
  const { containerClient } =
    await BlobServiceClient.fromConnectionString(connectionString).createContainer(name);
  return containerClient;
}

/** Returns a client of a container, with the class that this package knows. */
export function containerNamed(connectionString: string, name: string): ContainerClient {
  return new ContainerClient(connectionString, name);
}

/** Returns a record with the shape of core's: a payload, then a trailer. */
export function record(payload: string, unchanged = 0, trailer = "}"): RecordToWrite {
  const bytes = Buffer.from(payload + trailer);
  const nonce = randomBytes(16).toString("base64url");
  return {
    bytes,
    unchanged,
    trailerLength: trailer.length,
    nonce,
    expiresAt: undefined,
    updatedAt: 0,
    changedMetadata: {},
  };
}

/** The containers of a harness. Each location has its own, which can be deleted with one request. */
export class Containers {
  readonly parameters: ChildProcessParameters;
  readonly #created = new Map<string, Promise<ContainerClient>>();

  constructor(connectionString: string) {
    this.parameters = { connectionString, namePrefix: `t-${randomBytes(8).toString("hex")}` };
  }

  /** Resolves with the container of the location, and creates it first if it does not exist. */
  async at(location: string): Promise<ContainerClient> {
    const created = this.#created.get(location) ?? containerAt(location, this.parameters);
    this.#created.set(location, created);
    return created;
  }

  async delete(location: string): Promise<void> {
    this.#created.delete(location);
    const { connectionString, namePrefix } = this.parameters;
    await containerNamed(connectionString, `${namePrefix}-${location}`).deleteIfExists();
  }
}

/** Creates the harness of the conformance suite. */
export function harnessFor(name: string, containers: Containers): Harness {
  const { connectionString } = containers.parameters;
  return {
    name,
    recencyPrecisionMs: 1000,
    open: async (location, storeOptions) =>
      azureBlobStore({ container: await containers.at(location), prefix: PREFIX, ...storeOptions }),
    destroy: (location) => containers.delete(location),
    async entries(location) {
      const names: string[] = [];
      const listing = (await containers.at(location)).listBlobsFlat({ includeSnapshots: true });
      for await (const { name: blob, snapshot } of listing)
        names.push(snapshot ? `${blob} ${snapshot}` : blob);
      return names;
    },
    missing: async () => azureBlobStore({ container: containerNamed(connectionString, "no-such-container") }),
    async rewrite(location, id, change) {
      const container = await containers.at(location);
      const blob = blobNameOf(`${PREFIX}/`, { namespace: "", id });
      const { contentLength, metadata = {} } = await container.getBlobClient(blob).getProperties();
      const short = contentLength === 0 ? recordInMetadata({ metadata }) : undefined;
      const stored = short ?? (await container.getBlobClient(blob).downloadToBuffer());
      const bytes = Buffer.from(change(stored));
      await container.deleteBlob(blob);
      // An empty append blob would be an incomplete create, and not a corrupt thread.
      if (bytes.length === 0) await container.uploadBlockBlob(blob, bytes, 0);
      else if (bytes.length > SHORT_RECORD_MAX_BYTES) await newAppendBlob(container, blob, bytes);
      else await newShortBlob(container, blob, bytes);
    },
  };
}

/** Creates an empty append blob whose metadata contains the record. */
export async function newShortBlob(container: ContainerClient, name: string, bytes: Buffer): Promise<void> {
  await container.getAppendBlobClient(name).create({ metadata: recordMetadata(bytes) });
}

export async function newAppendBlob(container: ContainerClient, name: string, bytes: Buffer): Promise<void> {
  const blob = container.getAppendBlobClient(name);
  await blob.create();
  await blob.appendBlock(bytes, bytes.length);
}

/** Describes the module that opens the store in the suite's other processes. */
export function childProcessFor({ parameters }: Containers): ChildProcessHarness {
  return {
    module: new URL("./conformance-child.test-helper.ts", import.meta.url),
    parameters: { ...parameters },
  };
}

/** Describes how the suite can put a fault proxy between the store and the container. */
export function networkOf(containers: Containers): Network {
  const { hostname, port } = new URL(
    BlobServiceClient.fromConnectionString(containers.parameters.connectionString).url,
  );
  return {
    endpoint: { host: hostname, port: Number(port) },
    // The SDK shares its connections among all clients.
    keepsConnections: true,
    async open(location, endpoint, storeOptions) {
      const container = withPort(await containers.at(location), endpoint.port);
      return azureBlobStore({ container, prefix: PREFIX, ...storeOptions });
    },
  };
}

/** Returns a client that reaches the container through another port. */
function withPort(direct: ContainerClient, port: number): ContainerClient {
  const url = new URL(direct.url);
  url.port = String(port);
  return new ContainerClient(url.href, direct.credential);
}

/** A container that is reached through a fault proxy. */
export interface ProxiedContainer extends FaultProxy, AsyncDisposable {
  /** A client with the SDK's defaults that reaches the container through the proxy. */
  readonly container: ContainerClient;
  /** Returns a list that grows with each request, such as `PUT /name?comp=appendblock`. */
  recordRequests(): string[];
}

export async function proxyTo(direct: ContainerClient): Promise<ProxiedContainer> {
  const url = new URL(direct.url);
  const proxy = await startFaultProxy({ target: { host: url.hostname, port: Number(url.port) } });
  const container = withPort(direct, proxy.port);
  const recordRequests = (): string[] => {
    const requests: string[] = [];
    const when = ({ http }: ProxiedRequest): boolean => {
      if (http !== undefined) requests.push(`${http.method} ${http.target.slice(url.pathname.length)}`);
      return false;
    };
    proxy.arm({ type: "delay", milliseconds: 0, when });
    return requests;
  };
  return Object.assign(proxy, { container, recordRequests, [Symbol.asyncDispose]: () => proxy.close() });
}

/** Creates a pipeline with a policy that reports the URL of every request. */
export function pipelineWith(
  credential: ContainerClient["credential"],
  onRequest: (url: string) => void,
): Pipeline {
  const pipeline = newPipeline(credential);
  pipeline.factories.push({
    create: (next) => ({
      sendRequest(request) {
        onRequest(request.url);
        return next.sendRequest(request);
      },
    }),
  });
  return pipeline;
}
