import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";

interface CommonOptions {
  /** The bucket, which must be there; or the ARN of an access point. */
  readonly bucket: string;
  /**
   * What the keys of all objects of the store begin with: nothing, or folders, each with a `/` behind it. At
   * most 100 of the characters that are safe in keys, `[0-9A-Za-z!_.*'()=-]`. Stores with different prefixes
   * share nothing.
   * @default "threadstore/"
   */
  readonly prefix?: string | undefined;
  /**
   * How the provider wants ETags in `If-Match`: with their quotes, as HTTP has it, or without, as Ceph does.
   * @default found out before the first write
   */
  readonly etagQuotes?: "keep" | "strip" | undefined;
  /**
   * Whether the provider keeps to `If-Match` when it deletes. Where it does not, a delete writes a tombstone:
   * a tiny object in the thread's place. Wrongly `true`, and a delete may take a thread that changed meanwhile.
   * @default found out before the first write
   */
  readonly conditionalDelete?: boolean | undefined;
}

/** The store uses a client of yours and never destroys it. Its retries do not apply to the store's requests. */
export interface S3ClientOptions extends CommonOptions {
  readonly client: S3Client;
  readonly region?: undefined;
  readonly endpoint?: undefined;
  readonly forcePathStyle?: undefined;
  readonly credentials?: undefined;
}

/** The store makes a client of its own, and destroys it when it is closed. */
export interface S3ConnectionOptions extends CommonOptions {
  readonly client?: undefined;
  /**
   * The bucket's region.
   * @default as the SDK finds it (AWS_REGION, the profile), and `us-east-1` with an `endpoint`
   */
  readonly region?: string | undefined;
  /**
   * The URL of a service other than AWS.
   * @default AWS, or as the SDK finds it
   */
  readonly endpoint?: string | undefined;
  /**
   * Whether the bucket's name stands in the URL's path and not in its host name. Most services other than AWS
   * want it.
   * @default false
   */
  readonly forcePathStyle?: boolean | undefined;
  /**
   * Keys, or a provider of them.
   * @default as the SDK finds them: environment, profile, container, instance
   */
  readonly credentials?: S3ClientConfig["credentials"] | undefined;
}

export type S3DriverOptions = S3ClientOptions | S3ConnectionOptions;

const prefixRule = /^(?:[0-9A-Za-z!_.*'()=-]+\/)*$/;
const dotSegment = /(?:^|\/)\.{1,2}\//;

/** Throws a `TypeError` for wrong options; without I/O. */
export function checkOptions(options: S3DriverOptions): void {
  const { client, bucket, prefix = "", etagQuotes, conditionalDelete } = options;
  check(typeof bucket === "string" && bucket.trim() !== "", "`bucket` must name a bucket");
  check(
    typeof prefix === "string" && prefix.length <= 100 && prefixRule.test(prefix) && !dotSegment.test(prefix),
    "`prefix` must be folders with a `/` behind each, as `agents/threads/`: at most 100 of `[0-9A-Za-z!_.*'()=-]`",
  );
  check([undefined, "keep", "strip"].includes(etagQuotes), '`etagQuotes` must be "keep" or "strip"');
  check(isOptional(conditionalDelete, "boolean"), "`conditionalDelete` must be true or false");
  const { region, endpoint, forcePathStyle, credentials } = options;
  if (client === undefined) {
    check(isOptional(region, "string") && region !== "", "`region` must be the name of a region");
    check(endpoint === undefined || URL.canParse(endpoint), "`endpoint` must be a URL");
    check(isOptional(forcePathStyle, "boolean"), "`forcePathStyle` must be true or false");
    check(
      isOptional(credentials, "object", "function") && credentials !== null,
      "`credentials` must be keys or a provider of them",
    );
    return;
  }
  check(isClient(client), "`client` must be an S3Client of @aws-sdk/client-s3");
  check(
    [region, endpoint, forcePathStyle, credentials].every((option) => option === undefined),
    "`region`, `endpoint`, `forcePathStyle` and `credentials` belong to your `client`: give them to it",
  );
}

/** By shape, not by class: the client may come from another installed copy of the SDK. */
function isClient(client: unknown): boolean {
  return typeof client === "object" && client !== null && "send" in client && "middlewareStack" in client;
}

function isOptional(value: unknown, ...types: string[]): boolean {
  return value === undefined || types.includes(typeof value);
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(`${rule}.`);
}
