import { ALL_BY_ID } from "@threadstore/core/driver";
import { expect, test } from "vitest";
import { sqliteDriver } from "./sqlite-store.ts";
import { databaseWithEncoding, ENCODINGS, options, record, textOf } from "./sqlite.test-helper.ts";

const HOSTILE_IDS = [
  "a", "A", "ab", "a/b", "a\0", "a\0b", "a\0c", "\0", " ", "a ", "a.", "..", "/", "%", "_", "a%", "a_", "*", "?", "[a]",
  "'", '"', "''; DROP TABLE threadstore_threads; --", "\u00e9", "e\u0301", "\u00df", "SS", "\u0130", "i", "I", "1", "01", "1.0", "1e0", "x'61'",
  "NULL", "__proto__", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "\ufeff", "\u2028", "z".repeat(256), "😀",
]; // prettier-ignore
const NAMESPACES = ["", "n", "N", "n\0", "\u{10000}"];

test.each(ENCODINGS)("keeps hostile ids apart and in byte order in a database with %s", async (encoding) => {
  const database = databaseWithEncoding(encoding);
  // The owner of a connection may prefer bigint.
  database.defaultSafeIntegers(true);
  const driver = sqliteDriver({ database });
  const idsInOrder = HOSTILE_IDS.toSorted((left, right) =>
    Buffer.compare(Buffer.from(left), Buffer.from(right)),
  );
  for (const namespace of NAMESPACES) {
    for (const id of HOSTILE_IDS) {
      await driver.write({ namespace, id }, record(`${namespace}|${id}|`), undefined, options);
    }
  }
  for (const namespace of NAMESPACES) {
    for (const id of HOSTILE_IDS) expect(await textOf(driver, id, namespace)).toBe(`${namespace}|${id}|}`);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await driver.list(namespace, { ...ALL_BY_ID, after, limit: 7 }, options);
      ids.push(...page.records.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(ids).toEqual(idsInOrder);
  }
  expect(await driver.list("other", { ...ALL_BY_ID, limit: 1 }, options)).toEqual({
    records: [],
    next: undefined,
  });
});
