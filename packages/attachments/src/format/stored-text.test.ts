import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attachmentName, hashOf } from "./names.ts";
import { decodeStoredText, encodeStoredText } from "./stored-text.ts";
import { stringValues } from "./string-values.ts";

const token = "A".repeat(22);
const aName = attachmentName(token, "");

function size(json: string): number {
  return Buffer.byteLength(json);
}

/** Generates JSON text with all kinds of values and spellings, and strings that look like references. */
function texts(): fc.Arbitrary<string> {
  const space = fc.constantFrom("", "", " ", "\n\t", "\r\n  ");
  const tricky = fc.constantFrom(
    `".attachments:${aName}"`,
    `".attachments:~${aName}"`,
    '".attachments:~"',
    '".attachments:"',
    '"\\u002eattachments:x"',
    '"a\\"b\\\\"',
    '"\\\\\\""',
    '":"',
    '"\\ud800"',
    '"é\u2028😀"',
    '",\\"size\\":1}"',
  );
  const string = fc.oneof(
    tricky,
    fc.string({ unit: "binary", maxLength: 40 }).map((text) => JSON.stringify(text)),
  );
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("null", "true", "-0", "1.50e+3"),
      string,
      fc
        .tuple(space, fc.array(fc.tuple(tie("value"), space), { maxLength: 4 }))
        .map(([before, items]) => `[${before}${items.map(([item, after]) => item + after).join(",")}]`),
      fc
        .array(fc.tuple(space, string, space, tie("value"), space), { maxLength: 4 })
        .map(
          (members) => `{${members.map(([a, name, b, item, c]) => `${a}${name}${b}:${item}${c}`).join(",")}}`,
        ),
    ),
  }));
  return value.map((text) => `{"thread":${text}}`);
}

describe("keptText and readKeptText", () => {
  it("restore any JSON byte for byte, whichever strings are attachments", () => {
    fc.assert(
      fc.property(texts(), fc.func(fc.boolean()), (json, isAttachment) => {
        const stored = encodeStoredText(json, size(json), (text) =>
          isAttachment(text) ? attachmentName(token, text) : undefined,
        );
        const decoded = decodeStoredText(stored.text);
        expect(decoded.names).toEqual(new Set(stored.attachments.keys()));
        expect(decoded.restore(stored.attachments)).toBe(json);
        expect(decoded.size).toBe(stored.isWrapped ? size(json) : undefined);
        // Stores only accept valid JSON.
        expect(() => JSON.parse(stored.text) as unknown).not.toThrow();
        for (const text of stored.attachments.values())
          expect(() => JSON.parse(`"${text}"`) as unknown).not.toThrow();
      }),
      { numRuns: 400 },
    );
  });

  it("restore text that is itself a stored text, repeatedly", () => {
    fc.assert(
      fc.property(texts(), (json) => {
        const name = (text: string): string => attachmentName(token, text);
        const layers = [json];
        for (let layer = 0; layer < 3; layer += 1) {
          const inner = layers.at(-1) ?? "";
          layers.push(encodeStoredText(inner, size(inner), name).text);
        }
        const once = encodeStoredText(layers[3] ?? "", 1, () => undefined);
        expect(decodeStoredText(once.text).restore(new Map())).toBe(layers[3]);
      }),
    );
  });

  it("find all string values and no member names", () => {
    fc.assert(
      fc.property(texts(), (json) => {
        const values = [...stringValues(json)].map(({ start, end }) => json.slice(start - 1, end + 1));
        const tokens = [...json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?/gsu)];
        expect(values).toEqual(tokens.filter(([, , colon]) => colon === undefined).map(([, text]) => text));
      }),
    );
  });

  it("leave text without attachments unchanged", () => {
    const json = `{"a":".attachments:${aName}","b":{".attachments":1}}`;
    expect(encodeStoredText(json, size(json), () => undefined)).toEqual({
      text: json,
      attachments: new Map(),
      isWrapped: false,
    });
  });

  it("keep a common prefix while a thread grows at its end", () => {
    const stored = (messages: string[]): string => {
      const json = JSON.stringify({ messages });
      return encodeStoredText(json, size(json), (text) =>
        text.length > 9 ? attachmentName(token, text) : undefined,
      ).text;
    };
    const before = stored(["long enough", "a"]);
    const after = stored(["long enough", "a", "b"]);
    const common = before.indexOf(']},"size"');
    expect(after.slice(0, common)).toBe(before.slice(0, common));
  });

  it("reject a newer format and an invalid reference", () => {
    const invalid = [
      '{".attachments":{"format":2},"thread":{},"size":2}',
      '{".attachments":{"format":1},"thread":{}}',
      '{".attachments":{"format":1},"thread":{"a":".attachments:nothing"},"size":2}',
    ];
    for (const text of invalid)
      expect(() => decodeStoredText(text), text).toThrow(expect.objectContaining({ code: "CORRUPT" }));
  });
});

describe("golden files", () => {
  // Every later version must read these files. Never change one; add another.
  const golden = (name: string): string =>
    readFileSync(new URL(`../golden/${name}`, import.meta.url), "utf8");

  it("read and write format 1 byte for byte", () => {
    const decoded = decodeStoredText(golden("thread-1.json"));
    const json = golden("thread-1.restored.json");
    const attachments = new Map([...decoded.names].map((name) => [name, "aGVsbG8sIHdvcmxkISEh"]));
    expect(decoded.restore(attachments)).toBe(json);
    const [name = ""] = decoded.names;
    expect(hashOf(name)).toBe("a55be47e368c6c538118a618ed9ec634673cce69ac0759717d34954370321441");
    const stored = encodeStoredText(json, size(json), (text) =>
      attachments.get(name) === text ? name : undefined,
    );
    expect(stored.text).toBe(golden("thread-1.json"));
  });
});
