// Erases a tenant and files a receipt: node examples/erase.ts TENANT. If it is interrupted, run it again.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { sqliteStore } from "@threadstore/sqlite";

const [tenant = "tenant-42"] = process.argv.slice(2);
const [progressFile, receiptFile] = [`erasing-${tenant}.json`, `erased-${tenant}.json`];

await using store = sqliteStore({ path: "threads.db" });
let cursor: string | undefined = existsSync(progressFile)
  ? JSON.parse(readFileSync(progressFile, "utf8")).cursor
  : undefined;

for (;;) {
  const receipt = await store.namespace(tenant).erase({
    cursor,
    // The cursor counts the threads that are deleted next, so the receipt is right even after a crash.
    onProgress: (progress) => writeFileSync(progressFile, JSON.stringify(progress)),
  });
  ({ cursor } = receipt);
  if (cursor !== undefined) continue;
  writeFileSync(receiptFile, JSON.stringify({ tenant, ...receipt }));
  break;
}
console.log(readFileSync(receiptFile, "utf8"));
