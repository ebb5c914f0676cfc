/** Strings that are not well-formed Unicode. As UTF-8, each lone surrogate would become the replacement character. */
export const ILL_FORMED_IDS: readonly string[] = [
  "\ud800",
  "a\ud800",
  "a\ud801",
  "\udc00b",
  "\udc00\ud800",
  "a\udfffz",
];

/** Values that a program without types may pass as an id. */
export const NOT_IDS: readonly unknown[] = [
  "",
  undefined,
  null,
  0,
  1,
  true,
  Number.NaN,
  {},
  [],
  ["a"],
  { $gt: "" },
  { toString: () => "a" },
  Symbol("a"),
  new String("a"),
  () => "a",
];
