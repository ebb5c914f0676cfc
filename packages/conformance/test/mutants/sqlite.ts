import type { SqliteBug } from "../stores/sqlite/sqlite-driver.ts";
import { sqliteHarness } from "../stores/sqlite/sqlite-harness.ts";
import type { Mutant } from "./mutant.ts";

function sqliteMutant(name: string, bug: string, killedBy: readonly string[], change: SqliteBug): Mutant {
  const make = () => sqliteHarness(name, "FULL", change);
  return { name: `SQLite, ${name}`, bug, base: "SQLite", killedBy, make };
}

const asText = (text: string): string => text;

/** What SQL makes easy to get wrong. */
export const sqliteMutants: readonly Mutant[] = [
  sqliteMutant("collation", "compares ids without regard to case", ["I02"], {
    columns: "namespace TEXT, id TEXT COLLATE NOCASE",
    bound: asText,
  }),
  sqliteMutant("affinity", "has a column whose type takes ids for numbers", ["I19"], {
    columns: "namespace TEXT, id NUMERIC",
    bound: asText,
  }),
  sqliteMutant("trimmed", "compares ids without regard to spaces at their ends", ["I05"], {
    columns: "namespace TEXT, id TEXT COLLATE RTRIM",
    bound: asText,
  }),
  sqliteMutant("LIKE", "finds the threads of a namespace with LIKE", ["S08"], {
    columns: "namespace TEXT, id TEXT",
    bound: asText,
    page: `SELECT id, version, bytes FROM threads WHERE namespace LIKE ? || '%' AND id > ? ORDER BY id LIMIT ?`,
  }),
  sqliteMutant("INSERT OR REPLACE", "creates over what is there", ["C05", "K01"], {
    insert: "INSERT OR REPLACE INTO threads VALUES (?, ?, ?, ?)",
  }),
  sqliteMutant("counted versions", "counts each thread's versions from 1", ["C10"], {
    version: (_, before) => String(Number(before ?? 0) + 1),
  }),
  sqliteMutant("OFFSET", "counts rows to find the next page", ["N14"], {
    countsRows: true,
    page: "SELECT id, version, bytes FROM threads WHERE namespace = ? ORDER BY id LIMIT ?3 OFFSET ?2",
  }),
  sqliteMutant("version left out", "deletes at whatever version", ["K06"], {
    remove: "DELETE FROM threads WHERE namespace = ? AND id = ? AND coalesce(?, '') <> ''",
  }),
  sqliteMutant("SQLITE_BUSY", "holds transactions for a while, and does not wait for others'", ["K01"], {
    holdsTransactions: true,
  }),
];
