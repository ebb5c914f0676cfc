import { randomBytes } from "node:crypto";
import type { Version } from "@threadstore/core";
import type { Bucket } from "./client.ts";
import { S3SetupError, statusOf } from "./explain.ts";
import { selfCheckFolder } from "./keys.ts";
import { deleteObject, etagOf, putObject } from "./objects.ts";
import type { S3DriverOptions } from "./options.ts";

/** What is known of a provider. */
export interface Provider {
  readonly etagQuotes: "keep" | "strip";
  readonly conditionalDelete: boolean;
  /** Whether it keeps to Ceph's own condition on deletes, with which old tombstones can be removed. */
  readonly deleteIfUnmodified: boolean;
}

/** Ceph's own: deletes only what was not written after that time, to the second, in one atomic step. */
export const unmodifiedSince = "x-amz-delete-if-unmodified-since";

const racers = 4;
const checkMs = 10_000;

export interface ProviderFinder {
  find(): Promise<Provider>;
  /** Ends a check that nobody waits for any more. */
  close(): void;
}

/**
 * Finds out, once, whether conditional writes are enforced in this very bucket, and how: some services ignore
 * the conditions, and some do in versioned buckets only. A failed check is made again by the next call.
 */
export function providerFinder(
  bucket: Bucket,
  { etagQuotes, conditionalDelete }: S3DriverOptions,
): ProviderFinder {
  const closing = new AbortController();
  let found: Promise<Provider> | undefined;
  if (etagQuotes !== undefined && conditionalDelete !== undefined) {
    found = Promise.resolve({ etagQuotes, conditionalDelete, deleteIfUnmodified: false });
  }
  const check = (): Promise<Provider> => {
    // Not with the signal of the call that happens to come first: others wait for this too.
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(checkMs)]);
    return selfCheck({ bucket, etagQuotes, conditionalDelete, signal });
  };
  return {
    find() {
      found ??= check().catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      return found;
    },
    close: () => closing.abort(),
  };
}

interface Check extends Pick<S3DriverOptions, "etagQuotes" | "conditionalDelete"> {
  readonly bucket: Bucket;
  readonly signal: AbortSignal;
}

const never: Version = "00000000000000000000000000000000";

/** On an object of its own, so that any number of processes may do it at once. */
async function selfCheck(check: Check): Promise<Provider> {
  const key = `${check.bucket.prefix}${selfCheckFolder}${randomBytes(16).toString("base64url")}`;
  const ghost = await race(check, key, { IfMatch: etagOf(never, check.etagQuotes ?? "keep") }, 1);
  if (ghost !== undefined) throw unsuitable("lets If-Match create what is not there");
  const created = await race(check, key, { IfNoneMatch: "*" });
  if (created === undefined) throw unsuitable("refuses If-None-Match for what is not there");
  const { etagQuotes, version } = await findQuotes(check, key, created);
  const current = { "if-match": etagOf(version, etagQuotes) };
  const stale = { "if-match": etagOf(never, etagQuotes) };
  return { etagQuotes, ...(await findDelete(check, key, current, stale)) };
}

async function findQuotes(
  check: Check,
  key: string,
  created: Version,
): Promise<{ etagQuotes: "keep" | "strip"; version: Version }> {
  const candidates = check.etagQuotes === undefined ? (["keep", "strip"] as const) : [check.etagQuotes];
  for (const etagQuotes of candidates) {
    const version = await race(check, key, { IfMatch: etagOf(created, etagQuotes) });
    if (version !== undefined) return { etagQuotes, version };
  }
  throw unsuitable("refuses If-Match with the ETag that the object has");
}

/** Finds what deleting keeps to, and deletes the object. */
async function findDelete(
  check: Check,
  key: string,
  current: Condition,
  stale: Condition,
): Promise<Omit<Provider, "etagQuotes">> {
  const given = check.conditionalDelete;
  const longAgo = { [unmodifiedSince]: "2000-01-01T00:00:00.000Z" };
  if (given !== true) {
    const both = await remove(check, key, { ...longAgo, ...(given === false ? {} : stale) });
    if (both === "deleted") return { conditionalDelete: false, deleteIfUnmodified: false };
    if (given === false || (await remove(check, key, stale)) === "deleted") {
      await remove(check, key, {});
      return { conditionalDelete: false, deleteIfUnmodified: both === "refused" };
    }
  }
  if ((await remove(check, key, current)) === "deleted" || given === true) {
    return { conditionalDelete: true, deleteIfUnmodified: false };
  }
  await remove(check, key, {});
  return { conditionalDelete: false, deleteIfUnmodified: false };
}

type Condition = Readonly<Record<string, string>>;

/** `unknown`: the service does not know the condition, and says so. */
async function remove(
  { bucket, signal }: Check,
  key: string,
  condition: Condition,
): Promise<"deleted" | "refused" | "unknown"> {
  try {
    return (await deleteObject(bucket, key, condition, signal)) ? "deleted" : "refused";
  } catch (error) {
    if (statusOf(error) === 400 || statusOf(error) === 501) return "unknown";
    throw error;
  }
}

/** Writes under one condition, several times at once. The version that won, if one did. */
async function race(
  check: Check,
  key: string,
  condition: Parameters<typeof putObject>[3],
  count = racers,
): Promise<Version | undefined> {
  const outcomes = await Promise.all(Array.from({ length: count }, () => enter(check, key, condition)));
  const winners = outcomes.filter((outcome) => typeof outcome === "string");
  if (winners.length > 1) throw unsuitable("lets several writers win that name the same condition");
  const undecided = outcomes.find((outcome) => outcome instanceof Error);
  if (winners.length === 0 && undecided !== undefined) throw undecided;
  return winners[0];
}

/** The version written; `undefined`: refused; an error: not decided, as Ceph answers losers. */
async function enter(
  { bucket, signal }: Check,
  key: string,
  condition: Parameters<typeof putObject>[3],
): Promise<Version | Error | undefined> {
  const bytes = Buffer.from(`{"threadstore":{"selfCheck":"${randomBytes(16).toString("base64url")}"}}`);
  try {
    return await putObject(bucket, key, { bytes }, condition, signal);
  } catch (error) {
    const status = statusOf(error);
    if (status === 501) throw unsuitable("does not know conditional writes", error);
    if (error instanceof Error && status !== undefined && (status === 409 || status >= 500)) return error;
    throw error;
  }
}

function unsuitable(what: string, cause?: unknown): S3SetupError {
  return new S3SetupError(
    `The store needs conditional writes, and this bucket ${what}. Some services and old releases do not have them, and some not in versioned buckets. See the providers in the README of @threadstore/s3.`,
    { cause },
  );
}
