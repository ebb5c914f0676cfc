import { randomBytes } from "node:crypto";
import { BlobServiceClient, ContainerClient, newPipeline, type Pipeline } from "@azure/storage-blob";
import type { Harness, Network, Peer } from "@threadstore/conformance";
import { type FaultProxy, type ProxiedRequest, startFaultProxy } from "@threadstore/conformance/fault-proxy";
import type { DriverOptions, RecordToWrite } from "@threadstore/core";
import type { PeerContainer } from "./conformance-child.test-helper.ts";
import { azureBlobStore } from "./index.ts";

/** Options of a call that nobody aborts. */
export const options: DriverOptions = { signal: new AbortController().signal };

export function nonce(): string {
  return randomBytes(16).toString("base64url");
}

/** A container of its own. */
export async function newContainer(connectionString: string): Promise<ContainerClient> {
  const name = `t-${randomBytes(8).toString("hex")}`;
  const { containerClient } =
    await BlobServiceClient.fromConnectionString(connectionString).createContainer(name);
  return containerClient;
}

/** A record as core makes it: a payload, and behind it a trailer. */
export function record(payload: string, unchanged = 0, trailer = "}"): RecordToWrite {
  const bytes = Buffer.from(payload + trailer);
  return { bytes, unchanged, trailerLength: trailer.length, nonce: nonce(), expiresAt: undefined };
}

/** Every place is a prefix in one container. */
export function harnessFor(name: string, newContainerClient: () => Promise<ContainerClient>): Harness {
  let made: Promise<ContainerClient> | undefined;
  const containerOf = (): Promise<ContainerClient> => (made ??= newContainerClient());
  const blobsOf = async (place: string): Promise<string[]> => {
    const names: string[] = [];
    const listing = (await containerOf()).listBlobsFlat({ prefix: `${place}/`, includeSnapshots: true });
    for await (const { name: blob, snapshot } of listing) names.push(snapshot ? `${blob} ${snapshot}` : blob);
    return names;
  };
  return {
    name,
    async open(place, storeOptions) {
      return azureBlobStore({ container: await containerOf(), prefix: place, ...storeOptions });
    },
    async destroy(place) {
      const container = await containerOf();
      const blobs = (await blobsOf(place)).filter((blob) => !blob.includes(" "));
      await Promise.all(blobs.map((blob) => container.deleteBlob(blob, { deleteSnapshots: "include" })));
    },
    entries: blobsOf,
    async missing() {
      const { url, credential, containerName } = await containerOf();
      return azureBlobStore({
        container: new ContainerClient(url.replace(containerName, "no-such-container"), credential),
      });
    },
    async rewrite(place, id, change) {
      const container = await containerOf();
      const listing = container.listBlobsFlat({ prefix: `${place}/~/` });
      for await (const { name: blob } of listing) {
        if (blob !== `${place}/~/${escaped(id)}`) continue;
        const bytes = Buffer.from(change(await container.getBlobClient(blob).downloadToBuffer()));
        await container.deleteBlob(blob);
        // An append blob that is empty is an unfinished creation, and no damage.
        if (bytes.length === 0) await container.uploadBlockBlob(blob, bytes, 0);
        else await newAppendBlob(container, blob, bytes);
        return;
      }
      throw new Error("There is no such blob.");
    },
  };
}

export async function newAppendBlob(container: ContainerClient, name: string, bytes: Buffer): Promise<void> {
  const blob = container.getAppendBlobClient(name);
  await blob.create();
  await blob.appendBlock(bytes, bytes.length);
}

/** The name of a blob that has only ordinary characters and spaces in its id. */
function escaped(id: string): string {
  return id.replaceAll(" ", "~20");
}

/** The stores of other processes. */
export function peerFor(connectionString: string, { containerName }: ContainerClient): Peer {
  const parameters = { connectionString, containerName } satisfies PeerContainer;
  return { module: new URL("./conformance-child.test-helper.ts", import.meta.url), parameters };
}

/** How the suite comes between the store and that container. */
export function networkOf(connectionString: string, containerOf: () => Promise<ContainerClient>): Network {
  const { hostname, port } = new URL(BlobServiceClient.fromConnectionString(connectionString).url);
  return {
    endpoint: { host: hostname, port: Number(port) },
    // The SDK keeps connections for all its clients.
    keepsConnections: true,
    async open(place, endpoint, storeOptions) {
      const container = reachedThrough(await containerOf(), endpoint.port);
      return azureBlobStore({ container, prefix: place, ...storeOptions });
    },
  };
}

/** The container, through a port of this host that leads to it. */
function reachedThrough(direct: ContainerClient, port: number): ContainerClient {
  const url = new URL(direct.url);
  url.port = String(port);
  return new ContainerClient(url.href, direct.credential);
}

/** A container as it is seen through a proxy. */
export interface ProxiedContainer extends FaultProxy, AsyncDisposable {
  /** A client with the SDK's defaults, that reaches the container through the proxy. */
  readonly container: ContainerClient;
  /** The requests sent from now on, as `PUT /name?comp=appendblock`. */
  watchRequests(): string[];
}

export async function proxied(direct: ContainerClient): Promise<ProxiedContainer> {
  const url = new URL(direct.url);
  const proxy = await startFaultProxy({ target: { host: url.hostname, port: Number(url.port) } });
  const container = reachedThrough(direct, proxy.port);
  const watchRequests = (): string[] => {
    const seen: string[] = [];
    const when = ({ http }: ProxiedRequest): boolean => {
      if (http !== undefined) seen.push(`${http.method} ${http.target.slice(url.pathname.length)}`);
      return false;
    };
    proxy.arm({ type: "delay", milliseconds: 0, when });
    return seen;
  };
  return Object.assign(proxy, { container, watchRequests, [Symbol.asyncDispose]: () => proxy.close() });
}

/** A pipeline with a policy that is told the URL of every request. */
export function pipelineWith(
  credential: ContainerClient["credential"],
  seen: (url: string) => void,
): Pipeline {
  const pipeline = newPipeline(credential);
  pipeline.factories.push({
    create: (next) => ({
      sendRequest(request) {
        seen(request.url);
        return next.sendRequest(request);
      },
    }),
  });
  return pipeline;
}
