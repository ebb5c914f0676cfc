import { randomBytes } from "node:crypto";
import { AccountSASPermissions, BlobServiceClient, ContainerClient } from "@azure/storage-blob";
import { azureBlobStore } from "@threadstore/azure-blob";
import { startAzurite } from "@threadstore/services";
import type { Backend } from "../clients/client.ts";
import { type DeltaClient, deltaByHand } from "../clients/delta-by-hand.ts";
import { ours } from "../clients/thread-store.ts";
import { type WholeText, wholeRewrite } from "../clients/whole-rewrite.ts";

export interface AzureEndpoint {
  readonly connectionString: string;
  readonly container: ContainerClient;
}

export const azureBlob: Backend = {
  name: "azure-blob",
  async start() {
    const service = await startAzurite();
    const { connectionString } = service.endpoint;
    const account = BlobServiceClient.fromConnectionString(connectionString);
    const { containerClient } = await account.createContainer(`b-${randomBytes(8).toString("hex")}`);
    // All subjects authenticate with a SAS, which costs no CPU to sign. Not one of the container, with which Azurite
    // refuses to read or delete snapshots.
    const accountUrl = account.generateAccountSasUrl(
      new Date(Date.now() + 86_400_000),
      AccountSASPermissions.parse("racwdl"),
      "co",
    );
    const [url = "", sas = ""] = accountUrl.split("?");
    const { containerName } = containerClient;
    const container = new ContainerClient(`${url.replace(/\/$/u, "")}/${containerName}?${sas}`);
    const named = { accountUrl, container: containerName };
    return {
      endpoint: { connectionString, container } satisfies AzureEndpoint,
      subjects: [
        ...ours((location) => azureBlobStore({ ...named, prefix: location })),
        {
          name: "raw, whole",
          role: "raw",
          open: async (location) => wholeRewrite(blockBlobs(container, location)),
        },
        {
          name: "delta by hand",
          role: "delta",
          open: async (location) => deltaByHand(appendBlobs(container, location)),
        },
      ],
      stop: () => service.stop(),
    };
  },
};

function blockBlobs(container: ContainerClient, location: string): WholeText {
  const etags = new Map<string, string>();
  const blobOf = (id: string) => container.getBlockBlobClient(`${location}/${id}`);
  const keep = (id: string, etag: string | undefined): void => {
    if (etag !== undefined) etags.set(id, etag);
  };
  const write = async (id: string, text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    const ifMatch = etags.get(id);
    const conditions = ifMatch === undefined ? { ifNoneMatch: "*" } : { ifMatch };
    keep(id, (await blobOf(id).upload(bytes, bytes.length, { conditions })).etag);
  };
  return {
    write,
    writeIfUnchanged: write,
    async read(id) {
      const { etag, readableStreamBody } = await blobOf(id).download();
      keep(id, etag);
      return (await collected(readableStreamBody)).toString();
    },
    async readIfChanged(id) {
      const ifNoneMatch = etags.get(id);
      const conditions = ifNoneMatch === undefined ? {} : { ifNoneMatch };
      try {
        return (
          await collected((await blobOf(id).download(0, undefined, { conditions })).readableStreamBody)
        ).toString();
      } catch (error) {
        if ((error as { statusCode?: unknown }).statusCode === 304) return undefined;
        throw error;
      }
    },
    async listPage(limit, cursor) {
      const pages = container
        .listBlobsFlat({ prefix: `${location}/` })
        .byPage({ maxPageSize: limit, ...(cursor !== undefined && { continuationToken: cursor }) });
      for await (const { segment, continuationToken } of pages) {
        return { count: segment.blobItems.length, cursor: continuationToken || undefined };
      }
      return { count: 0, cursor: undefined };
    },
    close: async () => undefined,
  };
}

function appendBlobs(container: ContainerClient, location: string): DeltaClient {
  const blobOf = (id: string) => container.getAppendBlobClient(`${location}/${id}`);
  return {
    async patch(id, { from, bytes, expected }) {
      const ifMatch = expected ?? (await blobOf(id).create({ conditions: { ifNoneMatch: "*" } })).etag;
      const block = Buffer.concat([Buffer.from(`${from} ${bytes.length}\n`), bytes]);
      const conditions = ifMatch === undefined ? {} : { ifMatch };
      return (await blobOf(id).appendBlock(block, block.length, { conditions })).etag;
    },
    async read(id) {
      return joined(await collected((await blobOf(id).download()).readableStreamBody));
    },
    close: async () => undefined,
  };
}

function joined(blob: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(blob.length);
  let length = 0;
  for (let at = 0; at < blob.length;) {
    const start = blob.indexOf("\n", at) + 1;
    const [from = 0, size = 0] = blob
      .toString("latin1", at, start - 1)
      .split(" ")
      .map(Number);
    blob.copy(whole, from, start, start + size);
    length = from + size;
    at = start + size;
  }
  return whole.subarray(0, length);
}

async function collected(stream: NodeJS.ReadableStream | undefined): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream ?? []) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
