import type { SqliteBug } from "../stores/sqlite/sqlite-driver.ts";
import { HAS_PREFIX } from "../stores/sqlite/sqlite-driver.ts";
import { sqliteHarness } from "../stores/sqlite/sqlite-harness.ts";
import type { Mutant } from "./mutant.ts";

function sqliteMutant(name: string, bug: string, killedBy: readonly string[], change: SqliteBug): Mutant {
  const make = () => sqliteHarness(name, "FULL", change);
  return { name: `SQLite, ${name}`, bug, base: "SQLite", killedBy, make };
}

const asText = (text: string): string => text;

/** Bugs that SQL makes easy. */
export const sqliteMutants: readonly Mutant[] = [
  sqliteMutant("collation", "compares ids without case", ["N2-2"], {
    columns: "namespace TEXT, id TEXT COLLATE NOCASE",
    bound: asText,
  }),
  sqliteMutant("affinity", "has a column whose type converts ids to numbers", ["N2-4"], {
    columns: "namespace TEXT, id NUMERIC",
    bound: asText,
  }),
  sqliteMutant("trimmed", "compares ids without trailing spaces", ["N1-4"], {
    columns: "namespace TEXT, id TEXT COLLATE RTRIM",
    bound: asText,
  }),
  sqliteMutant("LIKE", "selects the threads of a namespace with LIKE", ["N2-7"], {
    columns: "namespace TEXT, id TEXT",
    bound: asText,
    page: `SELECT id, version, bytes FROM threads WHERE namespace LIKE ?1 || '%' AND id > ?2 AND ${HAS_PREFIX} ORDER BY id LIMIT ?3`,
  }),
  sqliteMutant("INSERT OR REPLACE", "creates threads over existing ones", ["C2-3", "C4-1"], {
    insert: "INSERT OR REPLACE INTO threads VALUES (?, ?, ?, ?, ?)",
  }),
  sqliteMutant("counted versions", "counts the versions of each thread from 1", ["C1-3"], {
    version: (_, before) => String(Number(before ?? 0) + 1),
  }),
  sqliteMutant("OFFSET", "counts rows to find the next page", ["L1-9"], {
    countsRows: true,
    page: `SELECT id, version, bytes FROM threads WHERE namespace = ?1 AND ${HAS_PREFIX} ORDER BY id LIMIT ?3 OFFSET ?2`,
  }),
  sqliteMutant("all namespaces by recency", "lists the threads of all namespaces by recency", ["L6-5"], {
    pageByRecency: `SELECT * FROM threads WHERE namespace >= ?1 AND (updated_at < ?2 OR updated_at = ?2 AND id > ?3)
      AND substr(id, 1, length(?5)) = ?5 ORDER BY updated_at DESC, id LIMIT ?4`,
  }),
  sqliteMutant("ignored version", "deletes at any version", ["C4-5"], {
    remove: "DELETE FROM threads WHERE namespace = ? AND id = ? AND coalesce(?, '') <> ''",
  }),
  sqliteMutant("SQLITE_BUSY", "holds transactions open and does not wait for those of others", ["C4-1"], {
    holdsTransactions: true,
  }),
];
