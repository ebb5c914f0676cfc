import type { S3ClientConfig } from "@aws-sdk/client-s3";
import type { OptionNames } from "@threadstore/core/driver";

interface CommonOptions {
  /** The name of an existing bucket, or the ARN of an access point. */
  readonly bucket: string;
  /**
   * The path with which the keys of all objects of the store begin: empty, or folders that each end with `/`. It has
   * at most 100 of the characters that are safe in keys, `[0-9A-Za-z!_.*'()=-]`. Stores with different prefixes share
   * nothing.
   * @default "threadstore/"
   */
  readonly prefix?: string | undefined;
  /**
   * Whether the provider expects ETags in `If-Match` with their quotes, like HTTP, or without them, like Ceph.
   * @default detected before the first write
   */
  readonly etagQuotes?: "keep" | "strip" | undefined;
  /**
   * Whether the provider enforces `If-Match` on deletes. If not, a delete replaces the thread with a tombstone, which
   * is a tiny object. If you set this to `true` for a provider that does not, a delete can remove a thread that
   * another client has just saved.
   * @default detected before the first write
   */
  readonly conditionalDelete?: boolean | undefined;
}

/**
 * An `S3Client` of @aws-sdk/client-s3. Names only some of its members, because for TypeScript the classes of different
 * versions of the SDK, or of two installed copies of one version, are different types.
 */
export interface S3ClientLike {
  readonly config: object;
  readonly middlewareStack: { identify(): string[] };
  send(command: never, options?: never): Promise<unknown>;
}

/** Options with your own client. The store does not use the client's retries, and never destroys it. */
export interface S3ClientOptions extends CommonOptions {
  readonly client: S3ClientLike;
  readonly region?: undefined;
  readonly endpoint?: undefined;
  readonly forcePathStyle?: undefined;
  readonly credentials?: undefined;
}

/** Options for a client that the store creates, and destroys when the store is closed. */
export interface S3ConnectionOptions extends CommonOptions {
  readonly client?: undefined;
  /**
   * The bucket's region.
   * @default resolved by the SDK (AWS_REGION, profile), or `us-east-1` with an `endpoint`
   */
  readonly region?: string | undefined;
  /**
   * The URL of a service other than AWS.
   * @default AWS, or resolved by the SDK
   */
  readonly endpoint?: string | undefined;
  /**
   * Whether the bucket's name is part of the URL's path instead of its host name. Most services other than AWS need
   * it.
   * @default false
   */
  readonly forcePathStyle?: boolean | undefined;
  /**
   * An access key, or a provider of one.
   * @default resolved by the SDK (environment, profile, container, instance)
   */
  readonly credentials?: S3ClientConfig["credentials"] | undefined;
}

export type S3DriverOptions = S3ClientOptions | S3ConnectionOptions;

export const OPTION_NAMES: OptionNames<S3DriverOptions> = {
  bucket: "required",
  prefix: true,
  etagQuotes: true,
  conditionalDelete: true,
  client: true,
  region: true,
  endpoint: true,
  forcePathStyle: true,
  credentials: true,
};

export const DEFAULT_PREFIX = "threadstore/";

const PREFIX = /^(?:[0-9A-Za-z!_.*'()=-]+\/)*$/;
const PREFIX_MAX_LENGTH = 100;
const DOT_SEGMENT = /(?:^|\/)\.{1,2}\//;

/** Throws a `TypeError` if an option is invalid. */
export function checkOptions(options: S3DriverOptions): void {
  const { client, bucket, prefix = DEFAULT_PREFIX, etagQuotes, conditionalDelete } = options;
  check(typeof bucket === "string" && bucket.trim() !== "", "`bucket` must be the name of a bucket.");
  check(
    isPrefix(prefix),
    "`prefix` must be empty or folders that each end with `/`, such as `agents/threads/`: at most 100 of `[0-9A-Za-z!_.*'()=-]`.",
  );
  check([undefined, "keep", "strip"].includes(etagQuotes), '`etagQuotes` must be "keep" or "strip".');
  check(isOptional(conditionalDelete, "boolean"), "`conditionalDelete` must be a boolean.");
  const { region, endpoint, forcePathStyle, credentials } = options;
  if (client === undefined) {
    check(isOptional(region, "string") && region !== "", "`region` must be the name of a region.");
    check(endpoint === undefined || URL.canParse(endpoint), "`endpoint` must be a URL.");
    check(isOptional(forcePathStyle, "boolean"), "`forcePathStyle` must be a boolean.");
    check(
      isOptional(credentials, "object", "function") && credentials !== null,
      "`credentials` must be an access key or a provider of one.",
    );
    return;
  }
  check(isClient(client), "`client` must be an S3Client of @aws-sdk/client-s3.");
  check(
    [region, endpoint, forcePathStyle, credentials].every((option) => option === undefined),
    "`region`, `endpoint`, `forcePathStyle` and `credentials` must not be combined with `client`. Configure the client instead.",
  );
}

function isPrefix(prefix: unknown): boolean {
  if (typeof prefix !== "string" || prefix.length > PREFIX_MAX_LENGTH) return false;
  return PREFIX.test(prefix) && !DOT_SEGMENT.test(prefix);
}

/** By shape, not by class, because the client may come from another installed copy of the SDK. */
function isClient(client: unknown): boolean {
  return typeof client === "object" && client !== null && "send" in client && "middlewareStack" in client;
}

function isOptional(value: unknown, ...types: string[]): boolean {
  return value === undefined || types.includes(typeof value);
}

function check(isValid: boolean, message: string): void {
  if (!isValid) throw new TypeError(message);
}
