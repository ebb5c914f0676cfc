// Goes back to an earlier version of a thread, and shows what that changes.
// Run: node examples/undo.ts
import { withHistory } from "@threadstore/history";
import { sqliteStore } from "@threadstore/sqlite";

const store = withHistory(sqliteStore({ path: "undo.db" }), { keep: { versions: 20 } });
await store.delete("notes");
await store.append("notes", ["buy milk"], { create: { title: "Notes", items: [] } });
await store.append("notes", ["call Ada"]);
await store.update("notes", (current) => ({ ...current?.thread, items: [] }));

const [emptied, before] = await store.versions("notes");
if (emptied !== undefined && before !== undefined) {
  const { members } = await store.diff("notes", before, emptied);
  for (const { name, removed, added } of members) console.log(name, { removed, added });
  const restored = await store.restore("notes", before);
  console.log(restored.json);
}
console.log(`${(await store.versions("notes")).length} versions`);
await store.close();
