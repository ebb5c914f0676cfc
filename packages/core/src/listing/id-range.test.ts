import fc from "fast-check";
import { expect, it } from "vitest";
import { compareUtf8 } from "./compare-utf8.ts";
import { idRange } from "./id-range.ts";

it("contains exactly the ids with the prefix that follow the last one", () => {
  const text = fc.string({ unit: fc.constantFrom("", "\0", "a", "b", "\u00e9", "\u{10ffff}"), maxLength: 4 });
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), text, (prefix, after, id) => {
      const [first, end] = idRange({ after, prefix });
      const bytes = Buffer.from(id);
      const follows = after === undefined || compareUtf8(id, after) > 0;
      expect(bytes.compare(first) >= 0 && bytes.compare(end) < 0).toBe(follows && id.startsWith(prefix));
    }),
  );
});
