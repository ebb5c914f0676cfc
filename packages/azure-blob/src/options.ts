import {
  BlobServiceClient,
  ContainerClient,
  isPipelineLike,
  newPipeline,
  type StoragePipelineOptions,
} from "@azure/storage-blob";

interface CommonOptions {
  /**
   * Where in the container: a path such as `"agents/threads"`, of segments of `[0-9A-Za-z._-]` that do not end
   * with a dot, at most 128 characters.
   * @default "": at the top
   */
  readonly prefix?: string | undefined;
}

/** A container by a client of yours. */
export interface AzureBlobContainerOptions extends CommonOptions {
  /**
   * The container that holds the threads, with whatever credentials, proxy and audience the client has. It must
   * exist. The store sends its requests through a client of its own, made from this one without its retries.
   */
  readonly container: ContainerClient;
  readonly accountUrl?: undefined;
  readonly credential?: undefined;
}

/** A container by its name in an account. */
export interface AzureBlobAccountOptions extends CommonOptions {
  /** The account's blob endpoint, such as `https://ACCOUNT.blob.core.windows.net`, or it with a SAS behind. */
  readonly accountUrl: string;
  /**
   * Such as `new DefaultAzureCredential()` of @azure/identity, or a `StorageSharedKeyCredential`.
   * @default none, for an `accountUrl` with a SAS
   */
  readonly credential?: ContainerClient["credential"] | undefined;
  /** The container's name. It must exist. */
  readonly container: string;
}

export type AzureBlobDriverOptions = AzureBlobContainerOptions | AzureBlobAccountOptions;

export interface Settings {
  readonly container: ContainerClient;
  /** Empty, or ending with a slash. */
  readonly prefix: string;
}

const PREFIX = /^(?:[0-9A-Za-z._-]*[0-9A-Za-z_-]\/)*$/u;
const PREFIX_MAX_LENGTH = 128;

/** The options with their defaults. Wrong ones are mistakes in the program: a `TypeError`. */
export function checkOptions(options: AzureBlobDriverOptions): Settings {
  const { prefix = "" } = options;
  if (typeof prefix !== "string") throw new TypeError("prefix must be a string.");
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  if (folder.length > PREFIX_MAX_LENGTH + 1 || !PREFIX.test(folder)) {
    throw new TypeError(
      "prefix must be a path of at most 128 characters, whose segments are letters, digits, `.`, `_` and `-` and do not end with a dot.",
    );
  }
  return { container: withoutRetries(containerOf(options)), prefix: folder };
}

function containerOf({ container, accountUrl, credential }: AzureBlobDriverOptions): ContainerClient {
  if (accountUrl === undefined && credential === undefined && container instanceof ContainerClient) {
    return container;
  }
  if (typeof accountUrl !== "string" || !URL.canParse(accountUrl) || typeof container !== "string") {
    throw new TypeError(
      "Give a container that is a ContainerClient of the installed @azure/storage-blob, or an accountUrl, a credential and the container's name.",
    );
  }
  if (container === "") throw new TypeError("container must not be empty.");
  return new BlobServiceClient(accountUrl, credential).getContainerClient(container);
}

/**
 * A client like the given one that sends every request once. A conditional write that the SDK sends again after
 * losing the answer fails on its own first try, and looks like somebody else's: only core can tell them apart.
 */
function withoutRetries(given: ContainerClient): ContainerClient {
  // Declared protected, for subclasses; the SDK makes its own derived clients of it too.
  const pipeline: unknown = Reflect.get(given, "pipeline");
  if (!isPipelineLike(pipeline)) {
    throw new TypeError("container must be a ContainerClient whose pipeline the store can copy.");
  }
  const options: StoragePipelineOptions = { ...pipeline.options, retryOptions: { maxTries: 1 } };
  const copy = newPipeline(given.credential, options);
  copy.factories.push(...pipeline.factories);
  return new ContainerClient(given.url, copy);
}
