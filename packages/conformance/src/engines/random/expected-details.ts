import type { SaveOptions, ThreadMetadata } from "@threadstore/core";
import type { Expiry } from "./arbitraries.ts";
import type { Expected } from "./model.ts";

export function expiryOptions(chosen: Expiry, now: number): SaveOptions {
  switch (chosen.kind) {
    case "ttl":
      return { ttlMs: chosen.milliseconds };
    case "at":
      return { expiresAt: new Date(now + chosen.milliseconds) };
    case "never":
      return { expiresAt: null };
    default:
      return {};
  }
}

/** A time to live counts from `updatedAt`, which is later than the time now if the clock has stepped back. */
export function expiryAfterSave(
  chosen: Expiry,
  before: Expected | undefined,
  { now, updatedAt }: { now: number; updatedAt: number },
): number | undefined {
  if ("milliseconds" in chosen) return (chosen.kind === "ttl" ? updatedAt : now) + chosen.milliseconds;
  return chosen.kind === "never" ? undefined : before?.expiresAt;
}

/** `updatedAt` does not follow a clock that steps back. */
export function updatedAtAfterSave(before: Expected | undefined, now: number): number {
  return Math.max(now, before?.updatedAt ?? now);
}

/** Returns the details that a thread keeps when it is changed. New metadata replaces the old. */
export function inheritedFrom(
  before: Expected | undefined,
  newMetadata: ThreadMetadata | undefined,
  now: number,
): Pick<Expected, "metadata" | "createdAt" | "keys"> {
  return {
    metadata: newMetadata ?? before?.metadata ?? {},
    createdAt: before?.createdAt ?? now,
    keys: before?.keys ?? [],
  };
}
