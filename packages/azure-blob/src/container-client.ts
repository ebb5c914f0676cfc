// For the credential, which the SDK's build for browsers and workers does not have.
import * as sdk from "@azure/storage-blob";
import {
  BlobServiceClient,
  ContainerClient,
  isPipelineLike,
  newPipeline,
  type StoragePipelineOptions,
} from "@azure/storage-blob";

/**
 * A `ContainerClient` of @azure/storage-blob. Names only some of its members, because for TypeScript the classes of the
 * SDK's copies, those for `import` and for `require`, are different types.
 */
export interface ContainerClientLike {
  readonly url: string;
  readonly containerName: string;
  readonly credential: object;
  getAppendBlobClient(blobName: string): object;
}

/** A credential of the SDK for an account key. Compared by its members, like {@link ContainerClientLike}. */
export interface SharedKeyCredentialLike {
  readonly accountName: string;
  computeHMACSHA256(stringToSign: string): string;
}

type Credential = ContainerClient["credential"];

/** Compares members, not classes, because the client may come from another installed copy of the SDK. */
export function isContainerClient(container: unknown): container is ContainerClientLike {
  const { url, containerName, getAppendBlobClient } = (container ?? {}) as Partial<ContainerClientLike>;
  return (
    typeof url === "string" && typeof containerName === "string" && typeof getAppendBlobClient === "function"
  );
}

/** Returns a client for a container of an account, which sends every request once. */
export function openContainer(
  accountUrl: string,
  credential: Credential | SharedKeyCredentialLike | undefined,
  name: string,
): ContainerClient {
  const account = new BlobServiceClient(accountUrl, ownCredential(credential));
  return singleRequestClient(account.getContainerClient(name));
}

/**
 * Returns a copy of the client that sends every request once. If the SDK repeated a conditional write whose response
 * was lost, the second attempt could fail because of the first, which looks like a conflict. Only core can tell them
 * apart.
 */
export function singleRequestClient(client: ContainerClientLike): ContainerClient {
  // Declared protected, for subclasses. The SDK creates its own derived clients from it too.
  const pipeline: unknown = Reflect.get(client, "pipeline");
  if (!isPipelineLike(pipeline)) {
    throw new TypeError("`container` must be a ContainerClient with a pipeline that the store can copy.");
  }
  const options: StoragePipelineOptions = { ...pipeline.options, retryOptions: { maxTries: 1 } };
  const copy = newPipeline(ownCredential(client.credential), options);
  copy.factories.push(...pipeline.factories);
  return new ContainerClient(client.url, copy);
}

/**
 * Returns the credential as one of this copy of the SDK, which sends unsigned requests for an account key of another
 * copy: that of an application that uses `require`, or that has several versions installed.
 */
function ownCredential(credential: object | undefined): Credential | undefined {
  const { constructor, accountName, accountKey } = (credential ?? {}) as {
    readonly accountName?: unknown;
    readonly accountKey?: unknown;
  };
  const isForeignKey =
    constructor !== sdk.StorageSharedKeyCredential &&
    typeof accountName === "string" &&
    Buffer.isBuffer(accountKey);
  if (!isForeignKey) return credential as Credential | undefined;
  return new sdk.StorageSharedKeyCredential(accountName, accountKey.toString("base64"));
}
