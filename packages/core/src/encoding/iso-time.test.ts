import fc from "fast-check";
import { expect, it } from "vitest";
import { formatTime, parseTime } from "./iso-time.ts";

const LAST = 8_640_000_000_000_000;
const NEARBY = [0, 1, 999, 1000, 86_399_999, 86_400_000, 1_800_000_000_000, -1, -86_400_001, LAST, -LAST];

it("formats and parses every time as `Date` does", () => {
  const time = fc.oneof(
    fc.constantFrom(...NEARBY),
    fc.integer({ min: 1_700_000_000_000, max: 1_700_200_000_000 }),
    fc.integer({ min: -LAST, max: LAST }),
  );
  fc.assert(
    fc.property(fc.array(time), (times) => {
      for (const each of times) {
        const text = new Date(each).toISOString();
        expect(formatTime(each)).toBe(text);
        expect(parseTime(text)).toBe(each);
      }
    }),
  );
});

it("parses any other text as `Date` does", () => {
  const known = "2026-11-30T16:30:59.123Z";
  expect(parseTime(known)).toBe(Date.parse(known));
  const changed = fc
    .tuple(fc.nat({ max: known.length - 1 }), fc.constantFrom(..."0123456789:.-+TZ /xé".split("")))
    .map(([index, character]) => known.slice(0, index) + character + known.slice(index + 1));
  const others = ["", "2026-11-30", "2026-11-30T24:00:00.000Z", "2026-11-30T16:60:00.000Z", "yesterday"];
  fc.assert(
    fc.property(fc.oneof(changed, fc.constantFrom(...others)), (text) => {
      expect(parseTime(text)).toBe(Date.parse(text));
    }),
  );
});
