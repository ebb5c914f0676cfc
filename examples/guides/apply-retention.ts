// Deletes what the retention policy does not keep, in all namespaces: node examples/guides/apply-retention.ts
// For cron. Exit codes: 0 done; 2 done, but corrupt threads were kept; 75 not done in time, or 1 failed: run it again.
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { applyRetention } from "@threadstore/core/maintenance";
import { sqliteStore } from "@threadstore/sqlite";

const DAY = 86_400_000;
const CURSOR_FILE = "retention.cursor";

function storeCursor(cursor: string): void {
  // A process that is killed in between leaves the old cursor or the new one.
  writeFileSync(`${CURSOR_FILE}.new`, cursor);
  renameSync(`${CURSOR_FILE}.new`, CURSOR_FILE);
}

await using store = sqliteStore({ path: "threads.db", secureDelete: true });
const receipt = await applyRetention(
  store,
  // Deletes threads that were not used for 90 days, but keeps the latest 20 of each user, who has a namespace.
  { olderThanMs: 90 * DAY, keepNewest: 20 },
  {
    cursor: existsSync(CURSOR_FILE) ? readFileSync(CURSOR_FILE, "utf8") : undefined,
    stopAfterMs: Number(process.env["STOP_AFTER_MS"] ?? 600_000),
    onProgress: ({ cursor }) => storeCursor(cursor),
    onCorrupt: ({ namespaces, id }) => console.error("Corrupt, kept:", JSON.stringify([...namespaces, id])),
  },
);
if (receipt.cursor === undefined) {
  rmSync(CURSOR_FILE, { force: true });
  appendFileSync("retention.jsonl", `${JSON.stringify(receipt)}\n`);
  process.exitCode = receipt.corrupt > 0 ? 2 : 0;
} else {
  storeCursor(receipt.cursor);
  process.exitCode = 75;
}
console.log(`${receipt.threads} threads deleted, ${receipt.expired} expired, ${receipt.corrupt} corrupt`);
