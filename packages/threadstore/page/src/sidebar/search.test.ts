import { expect, it } from "vitest";
import { parseSearch } from "./search.ts";

it.each([
  ["", {}],
  ["order-47", { prefix: "order-47" }],
  ["owner=ann", { "metadata.owner": "ann" }],
  ['title="two words" owner=ann', { "metadata.title": "two words", "metadata.owner": "ann" }],
  ["order owner=", { prefix: "order", "metadata.owner": "" }],
  ["url=https://a/?b=c", { "metadata.url": "https://a/?b=c" }],
  ["  a  b ", { prefix: "a b" }],
  ["=x", { prefix: "=x" }],
])("the search %s selects %o", (search, expected) => {
  expect(parseSearch(search)).toEqual(expected);
});
