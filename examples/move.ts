// Moves all threads from files to SQLite. If it is interrupted, run it again: it continues where it was.
// Run: node examples/move.ts
import { readFile, rm, writeFile } from "node:fs/promises";
import { copyThreads } from "@threadstore/core/maintenance";
import { fileSystemStore } from "@threadstore/file-system";
import { sqliteStore } from "@threadstore/sqlite";

const from = fileSystemStore({ folder: "threads" });
const to = sqliteStore({ path: "threads.db" });

const totals = await copyThreads(from, to, {
  cursor: await readFile("move.cursor", "utf8").catch(() => undefined),
  async onProgress({ copied, cursor }) {
    if (cursor !== undefined) await writeFile("move.cursor", cursor);
    console.log(`${copied} threads copied`);
  },
  onCorrupt: ({ namespaces, id }) => console.warn("Corrupt, not copied:", [...namespaces, id]),
});
await rm("move.cursor", { force: true });
console.log(`Done: ${totals.copied} copied, ${totals.skipped} already there, ${totals.corrupt} corrupt`);
await from.close();
await to.close();
