import type { Version } from "@threadstore/core";
import { DriverError } from "@threadstore/core/driver";

const ETAG = /^"?([0-9A-Za-z+/=_.:-]+)"?$/;

/** How a provider expects ETags in `If-Match`: with or without their quotes. */
export type EtagQuotes = "keep" | "strip";

/** Returns the value of `If-Match` or `If-None-Match` for a version. */
export function etagOf(version: Version, quotes: EtagQuotes): string {
  return quotes === "keep" ? `"${version}"` : version;
}

/** Returns whether a string can be a version. Anything else, such as `*`, could match other versions too. */
export function isVersion(version: string): boolean {
  return ETAG.exec(version)?.[1] === version;
}

/**
 * Returns the version with this ETag, which is the ETag without quotes. If it is a hash of the content, it repeats
 * only with the content, and the nonce in each record makes the content unique.
 */
export function versionOf(etag: string | undefined): Version {
  const version = ETAG.exec(etag ?? "")?.[1];
  if (version !== undefined) return version;
  throw new DriverError(
    "MISCONFIGURED",
    "The service does not return ETags that conditions can refer to. Use a service with strong ETags, without a proxy that weakens them, such as a compressing one.",
    // The response to a write has an ETag too, so the write may have been applied.
    { effect: "unknown" },
  );
}
