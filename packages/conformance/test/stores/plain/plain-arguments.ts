import {
  type CallOptions,
  type Previous,
  type SaveOptions,
  type StoreOptions,
  type ThreadMetadata,
  ThreadStoreError,
} from "@threadstore/core";
import { invalid } from "./plain-json.ts";

/** A well-formed name of at most so many bytes. */
export function checkedName(name: unknown, maxBytes: number): string {
  if (typeof name !== "string" || name === "" || !name.isWellFormed() || Buffer.byteLength(name) > maxBytes) {
    throw invalid(`A name is well-formed text of 1 to ${maxBytes} bytes.`);
  }
  return name;
}

export function checkedCall(options: unknown): CallOptions {
  if (typeof options !== "object" || options === null) throw invalid("Options are an object.");
  const { signal, timeoutMs } = options as CallOptions;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal is an AbortSignal.");
  if (timeoutMs !== undefined && !(timeoutMs > 0 && typeof timeoutMs === "number"))
    throw invalid("timeoutMs is above 0.");
  return options;
}

/** The version that a previous stands for. */
export function versionOf(id: string, previous: Previous | undefined): string | undefined {
  if (previous === undefined || typeof previous === "string") return previous;
  if (typeof previous !== "object" || previous === null || typeof previous.version !== "string") {
    throw invalid("previous is what a store handed out, or its version.");
  }
  if ("id" in previous && previous.id !== id) throw invalid("previous is of another thread.");
  return previous.version;
}

export function checkedMetadata(metadata: unknown): ThreadMetadata | undefined {
  if (metadata === undefined) return undefined;
  const isRecord =
    typeof metadata === "object" && metadata !== null && Object.getPrototypeOf(metadata) === Object.prototype;
  if (!isRecord) throw invalid("metadata is a record of strings.");
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value !== "string" || !value.isWellFormed() || !name.isWellFormed())
      throw invalid("metadata holds text only.");
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > 8192) {
    throw new ThreadStoreError("TOO_LARGE", "Metadata has at most 8192 bytes as JSON.");
  }
  return { ...(metadata as ThreadMetadata) };
}

const endOfTime = 8.64e15;

/** When a thread saved now expires; `undefined`: never. */
export function expiryOf(options: SaveOptions, store: StoreOptions, now: number): number | undefined {
  const { ttlMs, expiresAt } = options;
  if (expiresAt === null) return undefined;
  if (expiresAt !== undefined) {
    const moment = expiresAt instanceof Date ? expiresAt.getTime() : Number.NaN;
    if (moment > now) return moment;
    throw invalid("expiresAt is a Date in the future.");
  }
  if (ttlMs !== undefined && !(typeof ttlMs === "number" && ttlMs > 0 && ttlMs < Infinity))
    throw invalid("ttlMs is above 0.");
  const ttl = ttlMs ?? store.ttlMs;
  return ttl === undefined ? undefined : Math.min(now + ttl, endOfTime);
}

export function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw invalid("limit is a whole number from 1 to 1000.");
}
