import {
  ContainerClient,
  isPipelineLike,
  newPipeline,
  type StoragePipelineOptions,
} from "@azure/storage-blob";

export interface AzureBlobDriverOptions {
  /**
   * The container that holds the threads, with whatever credentials, proxy and audience the client has. It must
   * exist. The store sends its requests through a client of its own, made from this one without its retries.
   */
  readonly container: ContainerClient;
  /**
   * Where in the container: a path such as `"agents/threads"`, of segments of `[0-9A-Za-z._-]` that do not end
   * with a dot, at most 128 characters.
   * @default "": at the top
   */
  readonly prefix?: string | undefined;
}

export interface Settings {
  readonly container: ContainerClient;
  /** Empty, or ending with a slash. */
  readonly prefix: string;
}

const PREFIX = /^(?:[0-9A-Za-z._-]*[0-9A-Za-z_-]\/)*$/u;
const PREFIX_MAX_LENGTH = 128;

/** The options with their defaults. Wrong ones are mistakes in the program: a `TypeError`. */
export function checkOptions(options: AzureBlobDriverOptions): Settings {
  const { container, prefix = "" } = options;
  if (!(container instanceof ContainerClient)) {
    throw new TypeError("container must be a ContainerClient of the installed @azure/storage-blob.");
  }
  if (typeof prefix !== "string") throw new TypeError("prefix must be a string.");
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  if (folder.length > PREFIX_MAX_LENGTH + 1 || !PREFIX.test(folder)) {
    throw new TypeError(
      "prefix must be a path of at most 128 characters, whose segments are letters, digits, `.`, `_` and `-` and do not end with a dot.",
    );
  }
  return { container: withoutRetries(container), prefix: folder };
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
