// Erases the threads of one person in all namespaces: node examples/guides/erase-person.ts OWNER
// If it is interrupted, run it again. Its exit code is 2 if corrupt threads may be of that person.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { eraseWhere } from "@threadstore/core/maintenance";
import { sqliteStore } from "@threadstore/sqlite";

const [owner = ""] = process.argv.slice(2);
if (owner === "") throw new Error("Pass the owner whose threads to erase.");
// The names of files must not contain personal data, which the receipt proves to be erased.
const name = createHash("sha256").update(owner).digest("hex").slice(0, 16);
const [cursorFile, receiptFile] = [`erasing-${name}.cursor`, `erased-${name}.json`];

await using store = sqliteStore({ path: "threads.db", secureDelete: true });
let cursor = existsSync(cursorFile) ? readFileSync(cursorFile, "utf8") : undefined;
let receipt;
do {
  receipt = await eraseWhere(
    store,
    { owner },
    {
      cursor,
      onProgress(progress) {
        writeFileSync(`${cursorFile}.new`, progress.cursor);
        renameSync(`${cursorFile}.new`, cursorFile);
      },
      onCorrupt: ({ namespaces, id }) => console.error("Corrupt:", JSON.stringify([...namespaces, id])),
    },
  );
  ({ cursor } = receipt);
} while (cursor !== undefined);
writeFileSync(receiptFile, JSON.stringify(receipt));
rmSync(cursorFile, { force: true });
if (receipt.corrupt > 0) process.exitCode = 2;
console.log(readFileSync(receiptFile, "utf8"));
