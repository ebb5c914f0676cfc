import {
  type CallOptions,
  type Previous,
  type SaveOptions,
  type StoreOptions,
  type ThreadMetadata,
  ThreadStoreError,
} from "@threadstore/core";
import { invalidArgument } from "./plain-json.ts";
import type { PlainExpiry } from "./plain-record.ts";

const MAX_METADATA_BYTES = 65_536;

/** The maximum length of an id, and of the names of a namespace in total, in bytes. */
export const MAX_NAME_BYTES = 512;

/** Returns the name if it is well-formed text of 1 to {@link MAX_NAME_BYTES} bytes. */
export function checkedName(name: unknown): string {
  const isText = typeof name === "string" && name !== "" && name.isWellFormed();
  if (!isText || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalidArgument(`The name must be well-formed text of 1 to ${MAX_NAME_BYTES} bytes.`);
  }
  return name;
}

export function checkedCall(options: unknown, names: readonly string[]): CallOptions {
  if (typeof options !== "object" || options === null)
    throw invalidArgument("The options must be an object.");
  if (!Object.keys(options).every((name) => ["signal", "timeoutMs", ...names].includes(name)))
    throw invalidArgument("The options must be those of the method.");
  const { signal, timeoutMs } = options as CallOptions;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidArgument("`signal` must be an AbortSignal.");
  if (timeoutMs !== undefined && !(timeoutMs > 0 && typeof timeoutMs === "number"))
    throw invalidArgument("`timeoutMs` must be a positive number.");
  return options;
}

/** Returns the version that `previous` refers to. */
export function versionOf(id: string, previous: Previous | undefined): string | undefined {
  if (previous === undefined || typeof previous === "string") return previous;
  if (typeof previous !== "object" || previous === null || typeof previous.version !== "string") {
    throw invalidArgument("`previous` must be a stored thread or its version.");
  }
  if ("id" in previous && previous.id !== id) throw invalidArgument("`previous` belongs to another thread.");
  return previous.version;
}

/** Returns a copy of an option that is a flat record of strings. */
export function checkedMembers(members: unknown): ThreadMetadata {
  const isRecord =
    typeof members === "object" && members !== null && Object.getPrototypeOf(members) === Object.prototype;
  if (!isRecord) throw invalidArgument("The option must be an object with string values.");
  for (const [name, value] of Object.entries(members)) {
    if (typeof value !== "string" || !value.isWellFormed() || !name.isWellFormed())
      throw invalidArgument("The members of the option must be well-formed text.");
  }
  return { ...(members as ThreadMetadata) };
}

export function checkedMetadata(metadata: unknown): ThreadMetadata | undefined {
  if (metadata === undefined) return undefined;
  const members = checkedMembers(metadata);
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) {
    throw new ThreadStoreError(
      "TOO_LARGE",
      `\`metadata\` must not exceed ${MAX_METADATA_BYTES} bytes as JSON.`,
    );
  }
  return members;
}

/** The latest time that a `Date` can represent, in milliseconds since the epoch. */
const MAX_TIME_MS = 8.64e15;

/** Returns the expiry that the options of a save name, or `undefined` if they name none. */
export function expiryOf(options: SaveOptions, now: number): PlainExpiry | undefined {
  const { ttlMs, expiresAt } = options;
  if (expiresAt === null) return { expiresAt: undefined, isNamed: true };
  if (expiresAt !== undefined) {
    const expiryMs = expiresAt instanceof Date ? expiresAt.getTime() : Number.NaN;
    if (expiryMs > now) return { expiresAt: expiryMs, isNamed: true };
    throw invalidArgument("`expiresAt` must be a Date in the future.");
  }
  if (ttlMs === undefined) return undefined;
  if (typeof ttlMs !== "number" || !(ttlMs > 0 && ttlMs < Infinity))
    throw invalidArgument("`ttlMs` must be a positive finite number.");
  return { expiresAt: Math.min(now + ttlMs, MAX_TIME_MS), isNamed: true };
}

/** Returns the expiry of a thread for which a save names none. */
export function defaultExpiry(
  replaced: PlainExpiry | undefined,
  { ttlMs }: StoreOptions,
  now: number,
): PlainExpiry {
  if (ttlMs === undefined || replaced?.isNamed === true)
    return { expiresAt: replaced?.expiresAt, isNamed: replaced?.isNamed ?? false };
  return { expiresAt: Math.min(now + ttlMs, MAX_TIME_MS), isNamed: false };
}

export function checkedPrefix(prefix: string | undefined): string {
  return prefix === undefined || prefix === "" ? "" : checkedName(prefix);
}

export function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw invalidArgument("`limit` must be an integer from 1 to 1000.");
}

const DEFAULT_MAX_THREAD_BYTES = 2 ** 24;

export function checkSize(json: string, maxThreadBytes: number = DEFAULT_MAX_THREAD_BYTES): void {
  if (Buffer.byteLength(json) <= maxThreadBytes) return;
  throw new ThreadStoreError("TOO_LARGE", "The thread exceeds `maxThreadBytes`.");
}
