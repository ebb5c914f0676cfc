import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEXT_PARTS } from "../../encoding/text-parts.ts";
import { threadArgument } from "../thread-argument.ts";
import { type JsonParts, jsonParts, spliceBetweenParts } from "./json-parts.ts";
import { nextThread } from "./next-thread.ts";
import { outlineOf } from "./outline.ts";
import { spliceBetween } from "./splice.ts";

/** Text whose surrogate pairs may be divided. */
const PIECE = fc.constantFrom("", "a", "ab", "\ud83d", "\ude00", "😀", "é", '{"a":[', "]}");

describe("the change between texts in parts", () => {
  it("is that between the texts, wherever they are divided", () => {
    const pieces = fc.array(PIECE, { maxLength: 6 });
    fc.assert(
      fc.property(pieces, pieces, pieces, (common, before, after) => {
        const [from, to] = [jsonParts([...common, ...before]), jsonParts([...common, ...after])];
        fc.pre(from.text().isWellFormed() && to.text().isWellFormed());
        expect(spliceBetweenParts(from, to)).toEqual(spliceBetween(from.text(), to.text()));
      }),
    );
  });
});

describe("a thread that is saved in parts", () => {
  const unread = (parts: readonly string[]): JsonParts => ({
    ...jsonParts(parts),
    text: () => expect.unreachable("The text was joined."),
  });
  const save = (parts: readonly string[], replaced: readonly string[]) => {
    const state = {
      json: unread(replaced),
      outline: outlineOf(replaced.join(""), Buffer.byteLength(replaced.join(""))),
      written: undefined,
    };
    const thread = threadArgument({ [TEXT_PARTS]: () => parts }, undefined);
    const read = (): never => expect.unreachable("The text was joined.");
    return nextThread({ ...thread, text: read, read }, state, undefined);
  };

  it.each([
    [
      ['{"m":[', '"é"', "]}"],
      ['{"m":[', "]}"],
    ],
    [
      ['{"m":[', '"é"', ',"b"', "]}"],
      ['{"m":[', '"é"', "]}"],
    ],
    [
      ['{"m":[', " ", "]}"],
      ['{"m":[', "]}"],
    ],
    [
      ['{"m":[', "1", "]}"],
      ['{"m":[', "1", "]}"],
    ],
  ])("has the outline of its text, without joining the parts, if it grows: %j", (parts, replaced) => {
    const json = parts.join("");
    const { outline, splice } = save(parts, replaced);
    expect(outline).toEqual(outlineOf(json, Buffer.byteLength(json)));
    expect(splice).toEqual(spliceBetween(replaced.join(""), json));
  });
});
