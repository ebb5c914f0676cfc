import type { OpenContext } from "../stores/adapter.ts";
import { importPackage } from "../stores/import-package.ts";
import { pathOf } from "../stores/local-adapters.ts";
import type { StoreUrl } from "../stores/store-url.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { examineFiles } from "./examine-files.ts";

/** The members of better-sqlite3 that are used. */
interface Sqlite {
  readonly default: new (
    path: string,
    options: { readonly readonly: boolean },
  ) => { pragma(text: string, options: { readonly simple: true }): unknown; close(): void };
}

/** Examines a database and its files. */
export async function examineSqlite(url: StoreUrl, context: OpenContext): Promise<Diagnosis[]> {
  const { default: Database } = await importPackage<Sqlite>(
    { name: "better-sqlite3", near: "@threadstore/sqlite" },
    context.folder,
  );
  const database = new Database(pathOf(url, context), { readonly: true });
  try {
    const journal = String(database.pragma("journal_mode", { simple: true }));
    const integrity = String(database.pragma("quick_check(1)", { simple: true }));
    const durable = url.options.get("synchronous") !== "normal";
    return [
      ...(await examineFiles(url, context)),
      journal === "wal"
        ? { check: "journal", result: "ok", detail: "WAL" }
        : {
            check: "journal",
            result: "warning",
            detail: journal,
            remedy: "The store switches to WAL when it opens the file. Find out which program changes it.",
          },
      integrity === "ok"
        ? { check: "integrity", result: "ok", detail: "PRAGMA quick_check found nothing" }
        : {
            check: "integrity",
            result: "failed",
            detail: integrity,
            remedy: "Restore a backup, or copy what can be read with `threadstore copy`.",
          },
      durable
        ? {
            check: "durability",
            result: "ok",
            detail: "saves are synced to disk, unless a process sets `synchronous`",
          }
        : {
            check: "durability",
            result: "warning",
            detail: "synchronous=normal",
            remedy: "A power failure may undo the last saves. Remove the option if they must survive.",
          },
    ];
  } finally {
    database.close();
  }
}
