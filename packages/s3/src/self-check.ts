import { randomBytes } from "node:crypto";
import type { Version } from "@threadstore/core";
import { DriverError, isError } from "@threadstore/core/driver";
import type { Bucket } from "./client.ts";
import { type EtagQuotes, etagOf } from "./etags.ts";
import { SELF_CHECK_FOLDER } from "./keys.ts";
import { type DeleteCondition, deleteObject, type PutCondition, putObject } from "./objects.ts";
import type { S3DriverOptions } from "./options.ts";
import { statusOf, withoutRequest } from "./service-error.ts";

export interface ProviderCapabilities {
  readonly etagQuotes: EtagQuotes;
  /** Whether the provider enforces `If-Match` on deletes. */
  readonly conditionalDelete: boolean;
  /** Whether the provider enforces {@link DELETE_IF_UNMODIFIED_SINCE}. */
  readonly deleteIfUnmodified: boolean;
}

/** Ceph's own condition: deletes an object, atomically, only if it was not written after this time, to the second. */
export const DELETE_IF_UNMODIFIED_SINCE = "x-amz-delete-if-unmodified-since";

const CONCURRENT_WRITERS = 4;
const TIMEOUT_MS = 10_000;
const MISSING_VERSION: Version = "00000000000000000000000000000000";

export interface SelfCheck {
  /** Runs the check if it has not succeeded yet. All callers share one check. */
  capabilities(): Promise<ProviderCapabilities>;
  /** Aborts a check in progress. */
  close(): void;
}

/** The results of this process. Applications that open a store for each request check each bucket only once. */
const RESULTS = new Map<string, ProviderCapabilities>();

/**
 * Creates the check of whether and how the provider enforces conditional writes in this bucket. Some services ignore
 * conditions, and some ignore them in versioned buckets only. Options that are set are not checked. A check that
 * succeeded counts for all stores of the process with the same bucket and options.
 */
export function createSelfCheck(
  bucket: Bucket,
  { etagQuotes, conditionalDelete }: S3DriverOptions,
): SelfCheck {
  const closing = new AbortController();
  let capabilities: Promise<ProviderCapabilities> | undefined;
  if (etagQuotes !== undefined && conditionalDelete !== undefined) {
    capabilities = Promise.resolve({ etagQuotes, conditionalDelete, deleteIfUnmodified: false });
  }
  const check = async (): Promise<ProviderCapabilities> => {
    // Not the signal of the first caller, because other callers wait for the same check.
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const name = await resultName(bucket, { etagQuotes, conditionalDelete });
      const result = RESULTS.get(name);
      if (result !== undefined) return result;
      const checked = await runCheck({ bucket, etagQuotes, conditionalDelete, signal });
      RESULTS.set(name, checked);
      return checked;
    } catch (error) {
      capabilities = undefined;
      throw error;
    }
  };
  return {
    capabilities: () => (capabilities ??= check()),
    close: () => closing.abort(),
  };
}

/** Returns the name under which the result is kept: the service, the bucket and the options that replace a part. */
async function resultName(
  { client, name }: Bucket,
  configured: Pick<S3DriverOptions, "etagQuotes" | "conditionalDelete">,
): Promise<string> {
  const { endpoint, region } = client.config;
  return JSON.stringify([(await endpoint?.()) ?? (await region()), name, configured]);
}

interface Check extends Pick<S3DriverOptions, "etagQuotes" | "conditionalDelete"> {
  readonly bucket: Bucket;
  readonly signal: AbortSignal;
}

/** Uses an object with a random key, so that any number of processes can check at once. */
async function runCheck(check: Check): Promise<ProviderCapabilities> {
  const key = `${check.bucket.prefix}${SELF_CHECK_FOLDER}${randomBytes(16).toString("base64url")}`;
  const ifMissingVersion = { IfMatch: etagOf(MISSING_VERSION, check.etagQuotes ?? "keep") };
  if ((await writeConcurrently(check, key, ifMissingVersion, 1)) !== undefined) {
    throw unsuitable("lets If-Match create a missing object");
  }
  const created = await writeConcurrently(check, key, { IfNoneMatch: "*" });
  if (created === undefined) throw unsuitable("refuses If-None-Match for a missing object");
  const { etagQuotes, version } = await detectQuotes(check, key, created);
  const ifCurrent = { "if-match": etagOf(version, etagQuotes) };
  const ifStale = { "if-match": etagOf(MISSING_VERSION, etagQuotes) };
  return { etagQuotes, ...(await detectDelete(check, key, ifCurrent, ifStale)) };
}

async function detectQuotes(
  check: Check,
  key: string,
  created: Version,
): Promise<{ etagQuotes: EtagQuotes; version: Version }> {
  const candidates = check.etagQuotes === undefined ? (["keep", "strip"] as const) : [check.etagQuotes];
  for (const etagQuotes of candidates) {
    const version = await writeConcurrently(check, key, { IfMatch: etagOf(created, etagQuotes) });
    if (version !== undefined) return { etagQuotes, version };
  }
  throw unsuitable("refuses If-Match with the ETag of the object");
}

/** Detects which conditions a delete enforces, and deletes the object. */
async function detectDelete(
  check: Check,
  key: string,
  ifCurrent: DeleteCondition,
  ifStale: DeleteCondition,
): Promise<Omit<ProviderCapabilities, "etagQuotes">> {
  const configured = check.conditionalDelete;
  const ifUnmodified = { [DELETE_IF_UNMODIFIED_SINCE]: "2000-01-01T00:00:00.000Z" };
  if (configured !== true) {
    const both = await tryDelete(check, key, { ...ifUnmodified, ...(configured === false ? {} : ifStale) });
    if (both === "deleted") return { conditionalDelete: false, deleteIfUnmodified: false };
    if (configured === false || (await tryDelete(check, key, ifStale)) === "deleted") {
      await tryDelete(check, key, {});
      return { conditionalDelete: false, deleteIfUnmodified: both === "refused" };
    }
  }
  if ((await tryDelete(check, key, ifCurrent)) === "deleted" || configured === true) {
    return { conditionalDelete: true, deleteIfUnmodified: false };
  }
  await tryDelete(check, key, {});
  return { conditionalDelete: false, deleteIfUnmodified: false };
}

async function tryDelete(
  { bucket, signal }: Check,
  key: string,
  condition: DeleteCondition,
): Promise<"deleted" | "refused" | "unsupported"> {
  try {
    return (await deleteObject(bucket, key, condition, signal)) ? "deleted" : "refused";
  } catch (error) {
    if (statusOf(error) === 400 || statusOf(error) === 501) return "unsupported";
    throw error;
  }
}

/**
 * Sends several writes with the same condition at once. Resolves with the version of the one that succeeded, if any.
 */
async function writeConcurrently(
  check: Check,
  key: string,
  condition: PutCondition,
  writers = CONCURRENT_WRITERS,
): Promise<Version | undefined> {
  const outcomes = await Promise.all(Array.from({ length: writers }, () => tryPut(check, key, condition)));
  const versions = outcomes.filter((outcome) => typeof outcome === "string");
  if (versions.length > 1) throw unsuitable("lets several writers with the same condition succeed");
  const undecided = outcomes.find((outcome) => isError(outcome));
  if (versions.length === 0 && undecided !== undefined) throw undecided;
  return versions[0];
}

/**
 * Resolves with the version; `undefined` if the condition was false; an error that Ceph may give losers of a race.
 */
async function tryPut(
  { bucket, signal }: Check,
  key: string,
  condition: PutCondition,
): Promise<Version | Error | undefined> {
  const bytes = Buffer.from(`{"threadstore":{"selfCheck":"${randomBytes(16).toString("base64url")}"}}`);
  try {
    return await putObject(bucket, key, { bytes }, condition, signal);
  } catch (error) {
    const status = statusOf(error);
    if (status === 501) throw unsuitable("does not support conditional writes", error);
    if (isError(error) && status !== undefined && (status === 409 || status >= 500)) return error;
    throw error;
  }
}

function unsuitable(reason: string, cause?: unknown): DriverError {
  return new DriverError(
    "MISCONFIGURED",
    `The store needs conditional writes, but this bucket ${reason}. Use a provider and release that supports them, also in versioned buckets. The README of @threadstore/s3 has a list of providers.`,
    cause === undefined ? {} : { cause: withoutRequest(cause) },
  );
}
