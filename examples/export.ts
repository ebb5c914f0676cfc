// Writes all threads of a person into a folder, as JSON: node examples/export.ts PERSON FOLDER
import { createHash } from "node:crypto";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";

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
      if (ThreadStoreError.is(error, "CORRUPT")) return "corrupt" as const;
      throw error;
    });
    if (stored === undefined) continue;
    if (stored === "corrupt") {
      await index.appendFile(`${JSON.stringify({ namespace, id, corrupt: true })}\n`);
      continue;
    }
    const file = join(path, `${toFileName(id)}.json`);
    await writeFile(join(folder, file), stored.json);
    const { metadata, createdAt, updatedAt, expiresAt } = stored;
    await index.appendFile(
      `${JSON.stringify({ namespace, id, file, metadata, createdAt, updatedAt, expiresAt })}\n`,
    );
  }
  let cursor: string | undefined;
  do {
    const page = await threads.namespaces({ cursor });
    for (const child of page.namespaces) await exportThreads(threads.namespace(child), [...namespace, child]);
    ({ cursor } = page);
  } while (cursor !== undefined);
}

/** Returns a name that differs from all others on every file system, including those that ignore case. */
function toFileName(text: string): string {
  const escaped = Buffer.from(text)
    .toString("latin1")
    .replaceAll(
      /[^a-z0-9_-]/gu,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    );
  // Too long for a file, or a device on Windows. The index has the name.
  const isUnsuitable = escaped.length > 200 || /^(?:aux|con|nul|prn|com\d|lpt\d)$/u.test(escaped);
  return isUnsuitable ? `~${createHash("sha256").update(text).digest("hex")}` : escaped;
}
