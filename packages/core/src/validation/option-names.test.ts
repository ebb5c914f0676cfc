import { expect, test } from "vitest";
import { checkOptionNames, type OptionMark } from "./option-names.ts";

test.each<[names: Readonly<Record<string, OptionMark>>, remedy: string]>([
  [{}, "Pass one, or leave it out."],
  [{ a: true }, "Pass one, or leave it out."],
  [{ a: "required", b: true }, "Pass one with `a`."],
  [{ a: "either", b: true, c: "either" }, "Pass one with `a` or `c`."],
  [{ a: "either", b: "either", c: "required" }, "Pass one with `c` and `a` or `b`."],
])(
  "options that are not an object are refused, and the required ones are named: case %#",
  (names, remedy) => {
    for (const options of [undefined, null, "x", []]) {
      expect(() => checkOptionNames(options as never, names)).toThrow(
        new TypeError(`The options must be a plain object. ${remedy}`),
      );
    }
    expect(() => checkOptionNames({}, names)).not.toThrow();
  },
);
