import type { ContainerClient } from "@azure/storage-blob";
import type { OptionNames } from "@threadstore/core/driver";
import {
  type ContainerClientLike,
  isContainerClient,
  openContainer,
  type SharedKeyCredentialLike,
  singleRequestClient,
} from "./container-client.ts";

interface CommonOptions {
  /**
   * The path in the container with which every blob name begins, such as `"agents/threads"`. It has at most 128
   * characters. Its segments consist of `[0-9A-Za-z._-]` and must not end with a dot. Stores with different prefixes
   * share nothing.
   * @default "" (the top of the container)
   */
  readonly prefix?: string | undefined;
}

/** A container, given by a client of the SDK. */
export interface AzureBlobContainerOptions extends CommonOptions {
  /**
   * The container for the threads, which must exist. The store copies the client, including its credential, proxy and
   * audience, but without its retries.
   */
  readonly container: ContainerClientLike;
  readonly accountUrl?: undefined;
  readonly credential?: undefined;
}

/** A container, given by its name and account. */
export interface AzureBlobAccountOptions extends CommonOptions {
  /** The blob endpoint of the account, such as `https://ACCOUNT.blob.core.windows.net`, optionally with a SAS. */
  readonly accountUrl: string;
  /**
   * The credential for the account, such as a `DefaultAzureCredential` of @azure/identity or a
   * `StorageSharedKeyCredential`.
   * @default none, for an `accountUrl` with a SAS
   */
  readonly credential?: ContainerClient["credential"] | SharedKeyCredentialLike | undefined;
  /** The name of the container for the threads, which must exist. */
  readonly container: string;
}

export type AzureBlobDriverOptions = AzureBlobContainerOptions | AzureBlobAccountOptions;

export const OPTION_NAMES: OptionNames<AzureBlobDriverOptions> = {
  container: "required",
  prefix: true,
  accountUrl: true,
  credential: true,
};

export interface ResolvedOptions {
  /** A client that sends every request once. */
  readonly container: ContainerClient;
  /** Empty, or ending with a slash. */
  readonly prefix: string;
}

const PREFIX = /^(?:[0-9A-Za-z._-]*[0-9A-Za-z_-]\/)*$/u;
const PREFIX_MAX_LENGTH = 128;

/** Returns the options with their defaults. Throws a `TypeError` if one is invalid. */
export function resolveOptions(options: AzureBlobDriverOptions): ResolvedOptions {
  const { prefix = "" } = options;
  if (typeof prefix !== "string") throw new TypeError("`prefix` must be a string.");
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  if (folder.length > PREFIX_MAX_LENGTH + 1 || !PREFIX.test(folder)) {
    throw new TypeError(
      "`prefix` must be a path of at most 128 characters, with segments of `[0-9A-Za-z._-]` that do not end with a dot.",
    );
  }
  return { container: containerOf(options), prefix: folder };
}

function containerOf({ container, accountUrl, credential }: AzureBlobDriverOptions): ContainerClient {
  if (accountUrl === undefined && credential === undefined && isContainerClient(container)) {
    return singleRequestClient(container);
  }
  if (typeof accountUrl !== "string" || !URL.canParse(accountUrl) || typeof container !== "string") {
    throw new TypeError(
      "`container` must be a ContainerClient of @azure/storage-blob, or a name together with a valid `accountUrl`.",
    );
  }
  if (container === "") throw new TypeError("`container` must not be empty.");
  return openContainer(accountUrl, credential, container);
}
