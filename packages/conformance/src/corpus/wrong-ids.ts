/** Not Unicode at all: UTF-8 would make the replacement character of each. */
export const illFormedIds: readonly string[] = [
  "\ud800",
  "a\ud800",
  "a\ud801",
  "\udc00b",
  "\udc00\ud800",
  "a\udfffz",
];

/** What a program without types may pass as an id. */
export const noIds: readonly unknown[] = [
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
