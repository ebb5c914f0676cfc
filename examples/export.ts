// Writes all threads of a person into a folder, as JSON: node examples/export.ts PERSON FOLDER
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { toFileName } from "./file-name.ts";

const [name = "ann", folder = "export"] = process.argv.slice(2);
await using store = sqliteStore({ path: "threads.db" });
await mkdir(folder, { recursive: true });
await using index = await open(join(folder, "threads.jsonl"), "w");
await exportThreads(store.namespace(name), []);

/** Exports the threads of a namespace and of all namespaces in it, each in a folder with its name. */
async function exportThreads(threads: ThreadStore, namespace: readonly string[]): Promise<void> {
  const path = join(...namespace.map(toFileName));
  await mkdir(join(folder, path), { recursive: true });
  for await (const { id } of threads.list()) {
    const stored = await threads.load(id).catch((error: unknown) => {
      if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
      return index.appendFile(`${JSON.stringify({ namespace, id, corrupt: true })}\n`);
    });
    if (!stored) continue;
    const file = join(path, `${toFileName(id)}.json`);
    await writeFile(join(folder, file), stored.json);
    const { metadata, createdAt, updatedAt, expiresAt } = stored;
    const details = { file, metadata, createdAt, updatedAt, expiresAt };
    await index.appendFile(`${JSON.stringify({ namespace, id, ...details })}\n`);
  }
  let cursor: string | undefined;
  do {
    const page = await threads.namespaces({ cursor });
    for (const child of page.namespaces) await exportThreads(threads.namespace(child), [...namespace, child]);
    ({ cursor } = page);
  } while (cursor !== undefined);
}
