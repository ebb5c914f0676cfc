/** Ids of 512 bytes. Most differ from another one only in the last byte. */
export const longIds: readonly string[] = [
  "a".repeat(512),
  `${"a".repeat(511)}b`,
  `${"\u00e9".repeat(255)}\u00e8`,
  "\u00e9".repeat(256),
  `${"\u{1f9f5}".repeat(127)}\u{1f9f6}`,
  "/".repeat(512),
  `${"a/".repeat(255)}..`,
  "%".repeat(512),
  "\u{1f9f5}".repeat(128),
  `${"a".repeat(511)}B`,
  `${"a".repeat(510)}..`,
  "\u0000".repeat(512),
  "A".repeat(512),
  "~".repeat(512),
  "!".repeat(512),
];
