// Writes all threads of a person into a folder, as JSON: node examples/export.ts PERSON FOLDER
import { mkdir, writeFile } from "node:fs/promises";
import { sqliteStore } from "@threadstore/sqlite";

const [name = "ann", folder = "export"] = process.argv.slice(2);
await using store = sqliteStore({ path: "threads.db" });
const person = store.namespace(name);
await mkdir(folder, { recursive: true });

for await (const { id } of person.list()) {
  const stored = await person.load(id);
  if (stored !== undefined) await writeFile(`${folder}/${encodeURIComponent(id)}.json`, stored.json);
}
