import type { Version } from "@threadstore/core";

/** Returns the text of a version: every fifth one replaces most of the text before it, and the others add to it. */
export function textOf(n: number): string {
  const start = n - (n % 5);
  const messages = Array.from({ length: (n % 5) + 1 }, (_, index) => `${start} ${index} `.repeat(100));
  return JSON.stringify({ start: String(start).repeat(200), messages });
}

/** Returns the version that the step `n` forks. */
export function originOf(kept: readonly { readonly version: Version }[], n: number): Version {
  return kept[n % kept.length]?.version ?? "";
}
