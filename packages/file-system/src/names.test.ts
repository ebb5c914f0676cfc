import { describe, expect, it } from "vitest";
import { decodeName, encodeName, isHashedName } from "./names.ts";

const hostile = [
  ..."a A k K \u212a i İ ı ß SS ss é e\u0301 Å \u212b Å ﬁ fi".split(" "),
  ..."/ \\ a/b a:b a\\b a.b a|b a__b a//b /a a/ * ? [a] a*b ^ {x}y {} ' \" ; -- % _ ?x=1 #f &amp; <a> $ ~ a~b".split(
    " ",
  ),
  ..." a|a |a\t|a.|a..|a\u00a0|a\u200b|\ufeffa|.|..|./a|../a|a/../b|..:..:x|..\\x|%2e%2e/x|.a|a.b.".split(
    "|",
  ),
  ..."CON con nul NUL aux prn com1 COM1 com0 lpt9 lpt10 aux.json con.tar.gz conin conin$ console".split(" "),
  ..."a/b a%2Fb a%252Fb a%2fb %zz a+b 1 01 1.0 1e0 0x1 -0 a.tmp a.lock a.json a$ .tmp .trash id threads".split(
    " ",
  ),
  ..."__proto__ constructor prototype toString hasOwnProperty desktop.ini Thumbs.db .DS_Store progra~1".split(
    " ",
  ),
  "\0",
  "a\u0000b",
  "\u2028",
  "🏴‍☠️",
  "👩‍👩‍👧‍👦",
  "x".repeat(199),
  "x".repeat(200),
  "x".repeat(201),
  "x".repeat(256),
  `${"x".repeat(255)}y`,
  "X".repeat(256),
  "界".repeat(85),
  "😀".repeat(64),
  `${"x".repeat(120)}~${"0".repeat(64)}`,
  encodeName("x".repeat(256)),
];
const distinct = [...new Set(hostile)];

describe("encodeName", () => {
  it("gives different texts names that no file system takes for one another", () => {
    // What the most forgiving file systems drop or fold.
    const folded = distinct.map((text) =>
      encodeName(text)
        .normalize("NFKC")
        .toLowerCase()
        .replace(/[. ]+$/, ""),
    );
    expect(new Set(folded).size).toBe(distinct.length);
  });

  it.each(distinct)("makes a name that is safe everywhere: %j", (text) => {
    const name = encodeName(text);
    expect(name).toMatch(/^[0-9a-z_%-](?:[0-9a-z_.%~-]*[0-9a-z_%-])?$/);
    expect(name).not.toMatch(/^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/);
    expect(name.length).toBeLessThanOrEqual(200);
  });

  it.each(distinct)("can be decoded, or says that it cannot: %j", (text) => {
    const name = encodeName(text);
    expect(decodeName(name)).toBe(isHashedName(name) ? undefined : text);
  });

  it("keeps plain ids readable", () => {
    expect(encodeName("user-42_a.b")).toBe("user-42_a.b");
    expect(encodeName("Ann/é")).toBe("%41nn%2f%c3%a9");
  });
});

describe("decodeName", () => {
  it.each([".DS_Store", "Thumbs.db", "a%2Fb", "%61", "con", "a.", "a b", "%", "%2", "%zz", "%ff", ""])(
    "refuses a name that no text has: %j",
    (name) => {
      expect(name !== "" && decodeName(name) !== undefined).toBe(false);
    },
  );
});
