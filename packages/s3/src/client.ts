import { S3Client } from "@aws-sdk/client-s3";
import { DriverError } from "@threadstore/core/driver";
import { checkOptions, DEFAULT_PREFIX, type S3ConnectionOptions, type S3DriverOptions } from "./options.ts";

/** The part of a bucket that a store uses. */
export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly prefix: string;
}

const RETRIES = { name: "retryMiddleware", step: "finalizeRequest", priority: "high" } as const;

/** Returns the bucket with the caller's client, or with a new one. Throws a `TypeError` if an option is invalid. */
export function resolveBucket(options: S3DriverOptions): Bucket {
  checkOptions(options);
  const client = options.client === undefined ? createClient(options) : (options.client as S3Client);
  if (!client.middlewareStack.identify().includes(`${RETRIES.name} - ${RETRIES.step}`)) {
    throw new TypeError(
      "The store cannot switch off the retries of this S3 client. Install another version of @aws-sdk/client-s3 or @threadstore/s3.",
    );
  }
  return { client, name: options.bucket, prefix: options.prefix ?? DEFAULT_PREFIX };
}

/** Returns a sentence for error messages that names the bucket and its host, without credentials. */
export function locationOf({ bucket, endpoint }: S3DriverOptions): string {
  const host = endpoint === undefined ? "" : ` at ${new URL(endpoint).host}`;
  return `The bucket is ${bucket}${host}.`;
}

function createClient({ region, endpoint, forcePathStyle, credentials }: S3ConnectionOptions): S3Client {
  const client = new S3Client({
    ...(region === undefined ? (endpoint === undefined ? {} : { region: "us-east-1" }) : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    ...(credentials === undefined ? {} : { credentials }),
    // Some providers do not support the newer checksums, and records contain a checksum anyway.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const resolveRegion = client.config.region;
  client.config.region = async () => {
    try {
      return await resolveRegion();
    } catch (cause) {
      // A plain Error that only its message distinguishes from others.
      throw new DriverError(
        "MISCONFIGURED",
        "The region of the bucket is unknown. Set `region` or AWS_REGION.",
        { cause },
      );
    }
  };
  return client;
}

/** The part that all commands of the SDK have in common. */
interface Command {
  readonly middlewareStack: {
    add(middleware: typeof passThrough, options: typeof RETRIES & { readonly override: true }): void;
  };
}

function passThrough<Handler>(next: Handler): Handler {
  return next;
}

/**
 * Makes the client send the command once, whatever its retry settings are. If the SDK repeated a conditional write
 * that was applied, the repetition would fail because of the first attempt, and its 412 would look like a conflict.
 * Core retries instead, after it has checked the stored record.
 */
export function withoutRetries<C extends Command>(command: C): C {
  command.middlewareStack.add(passThrough, { ...RETRIES, override: true });
  return command;
}
