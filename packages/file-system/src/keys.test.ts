import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  filesBelow,
  keyOf,
  listIds,
  openDriver,
  options,
  recordOf,
  temporaryFolder,
  textOf,
} from "./file-system.test-helper.ts";
import { decodeName, encodeName, isHashedName, threadFolder } from "./keys.ts";
import { createLayout } from "./layout.ts";

const HOSTILE_TEXTS = [
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
const DISTINCT_TEXTS = [...new Set(HOSTILE_TEXTS)];

it("threadFolder returns the folders in the golden file, which must never change", () => {
  const golden = readFileSync(new URL("golden/folders-1.json", import.meta.url), "utf8");
  for (const [namespace, id, folder] of JSON.parse(golden) as [string, string, string][]) {
    expect(threadFolder(createLayout("/store"), { namespace, id })).toBe(join(folder));
  }
});

describe("encodeName", () => {
  it("gives distinct texts names that are distinct on every file system", () => {
    // Applies every folding that file systems are known to apply.
    const folded = DISTINCT_TEXTS.map((text) =>
      encodeName(text)
        .normalize("NFKC")
        .toLowerCase()
        .replace(/[. ]+$/, ""),
    );
    expect(new Set(folded).size).toBe(DISTINCT_TEXTS.length);
  });

  it.each(DISTINCT_TEXTS)("returns a name that is valid on every file system: %j", (text) => {
    const name = encodeName(text);
    expect(name).toMatch(/^[0-9a-z_%-](?:[0-9a-z_.%~-]*[0-9a-z_%-])?$/);
    expect(name).not.toMatch(/^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/);
    expect(name.length).toBeLessThanOrEqual(200);
  });

  it.each(DISTINCT_TEXTS)("returns a name that can be decoded or is recognized as hashed: %j", (text) => {
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
    "returns undefined for a name that encodeName does not return: %j",
    (name) => {
      expect(name !== "" && decodeName(name) !== undefined).toBe(false);
    },
  );
});

describe("ids and namespaces", () => {
  const hostileIds = [
    ..."a A b a/b a\\b a:b a//b . .. ../a a/../../b /etc/x %2e%2e/x CON con nul aux.json com1 a* a? ~ é e\u0301".split(
      " ",
    ),
    ..." a|a |a.|.a|a\n|\0|\u2028|🏴‍☠️|K|\u212a|İ|ı|__proto__|id|.tmp|.trash|threads|namespaces|-rf".split("|"),
    "x".repeat(255),
    "x".repeat(256),
    `${"x".repeat(255)}y`,
    "😀".repeat(64),
    `${"😀".repeat(63)}😁`,
    "x".repeat(512),
    `${"x".repeat(511)}y`,
    `${"😀".repeat(127)}😁`,
  ];

  it("of any kind stay distinct, are listed in order, and stay inside the folder", async () => {
    const parent = await temporaryFolder();
    const folder = join(parent, "a", "store");
    const driver = openDriver({ folder });
    const namespaces = ["", "a", "A", "../..", "a/b", "x".repeat(128), "x".repeat(512), "%25".repeat(512)];
    for (const namespace of namespaces) {
      for (const id of hostileIds) {
        const record = recordOf(JSON.stringify([namespace, id]));
        await driver.write(keyOf(id, namespace), record, undefined, options);
      }
    }
    for (const namespace of namespaces) {
      for (const id of hostileIds) {
        expect(await textOf(driver, keyOf(id, namespace))).toBe(JSON.stringify([namespace, id]));
      }
      const idsInOrder = hostileIds
        .map((id) => Buffer.from(id))
        .toSorted((left, right) => Buffer.compare(left, right));
      expect(await listIds(driver, namespace)).toEqual(idsInOrder.map(String));
    }
    expect(await readdir(parent)).toEqual(["a"]);
    expect(await readdir(join(parent, "a"))).toEqual(["store"]);
    expect((await readdir(folder)).toSorted()).toEqual([".tmp", ".trash", "namespaces", "threads"]);
    expect((await filesBelow(join(folder, ".tmp"))).concat(await filesBelow(join(folder, ".trash")))).toEqual(
      [],
    );
  });
});
