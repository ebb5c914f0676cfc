import { S3Client } from "@aws-sdk/client-s3";
import { S3SetupError } from "./explain.ts";
import { checkOptions, type S3ConnectionOptions, type S3DriverOptions } from "./options.ts";

/** Where the threads of a store are. */
export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly prefix: string;
}

const retries = { name: "retryMiddleware", step: "finalizeRequest", priority: "high" } as const;

/** Checks the options, without I/O, and returns the bucket. A client that was not given is made. */
export function bucketOf(options: S3DriverOptions): Bucket {
  checkOptions(options);
  const client = options.client ?? newClient(options);
  if (!client.middlewareStack.identify().includes(`${retries.name} - ${retries.step}`)) {
    throw new TypeError(
      "The S3 client has no retries that could be switched off where they are known to be. Use another release of @aws-sdk/client-s3, or of @threadstore/s3.",
    );
  }
  return { client, name: options.bucket, prefix: options.prefix ?? "threadstore/" };
}

function newClient({ region, endpoint, forcePathStyle, credentials }: S3ConnectionOptions): S3Client {
  const client = new S3Client({
    ...(region === undefined ? (endpoint === undefined ? {} : { region: "us-east-1" }) : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    ...(credentials === undefined ? {} : { credentials }),
    // Not every provider knows the newer checksums, and a record has checksums of its own.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const regionOf = client.config.region;
  client.config.region = async () => {
    try {
      return await regionOf();
    } catch (cause) {
      // A plain Error, which nothing but its message tells from others.
      throw new S3SetupError("The region of the bucket is not known. Give `region`, or set AWS_REGION.", {
        cause,
      });
    }
  };
  return client;
}

/** Commands of every kind, as far as they concern {@link once}. */
interface Command {
  readonly middlewareStack: {
    add(middleware: typeof passOn, options: typeof retries & { readonly override: true }): void;
  };
}

function passOn<Handler>(next: Handler): Handler {
  return next;
}

/**
 * A command that is sent once, whatever retries its client is set to: a conditional write that was applied and
 * is sent again loses to itself, and its 412 would pass for a lost race. Core retries, and looks before it does.
 */
export function once<Once extends Command>(command: Once): Once {
  command.middlewareStack.add(passOn, { ...retries, override: true });
  return command;
}
