import { entryPoints } from "./packages.ts";

/** Saves and loads with each store that needs no server, and prints `works`. */
const STORES = `
const folder = mkdtempSync(join(tmpdir(), "compatibility-"));
async function main() {
  const stores = [memoryStore(), fileSystemStore({ folder: join(folder, "files") })];
  if (process.env.WITHOUT_SQLITE === undefined) stores.push(sqliteStore({ path: join(folder, "threads.db") }));
  for (const store of stores) {
    await store.save("a", { messages: ["hi"] }, { metadata: { owner: "ann" } });
    await store.append("a", [{ role: "user" }], { key: "delivery-1" });
    await store.save("b", { text: "ü€😀" });
    const error = await store.save("a", {}).catch((cause) => cause);
    if (!ThreadStoreError.is(error, "CONFLICT")) throw new Error("no conflict: " + error);
    const loaded = await store.load("b");
    if (loaded.thread.text !== "ü€😀") throw new Error("another text");
    const ids = [];
    for await (const { id } of store.list({})) ids.push(id);
    if (ids.join() !== "a,b") throw new Error("another list: " + ids);
    await store.close();
  }
  const agent = createChatAgent({ client: new OpenAI({ apiKey: "none" }), model: "none" });
  await agent.getNewThread().serialize();
  rmSync(folder, { recursive: true });
  console.log("works");
}
main().catch((error) => { console.error(error); process.exitCode = 1; });
`;

const IMPORTED: readonly (readonly [names: string, module: string])[] = [
  ["mkdtempSync, rmSync", "node:fs"],
  ["tmpdir", "node:os"],
  ["join", "node:path"],
  ["memoryStore, ThreadStoreError", "@threadstore/core"],
  ["fileSystemStore", "@threadstore/file-system"],
  ["createChatAgent", "@threadstore/openai"],
  ["sqliteStore", "@threadstore/sqlite"],
];

/** A program that imports every entry point as an ES module, and uses stores and an agent. */
export function moduleProgram(): string {
  return [
    ...IMPORTED.map(([names, module]) => `import { ${names} } from ${JSON.stringify(module)};`),
    `import OpenAI from "openai";`,
    ...entryPoints().map((name) => `import ${JSON.stringify(name)};`),
    STORES,
  ].join("\n");
}

/** The same with `require()`. */
export function commonJsProgram(): string {
  return [
    ...IMPORTED.map(([names, module]) => `const { ${names} } = require(${JSON.stringify(module)});`),
    `const OpenAI = require("openai");`,
    ...entryPoints().map((name) => `require(${JSON.stringify(name)});`),
    STORES,
  ].join("\n");
}

/** A program for any runtime, browsers included, that prints `works`. */
export const MEMORY_PROGRAM: string = `
import { memoryStore, ThreadStoreError } from "@threadstore/core";
export async function main() {
  const store = memoryStore();
  const first = await store.save("a", { text: "ü€😀" }, { metadata: { owner: "ann" } });
  const second = await store.save("a", { text: "ü€😀 and more" }, { previous: first });
  const error = await store.save("a", {}, { previous: first }).catch((cause) => cause);
  if (!ThreadStoreError.is(error, "CONFLICT")) throw new Error("no conflict: " + error);
  if (error.currentVersion !== second.version) throw new Error("another version");
  const page = await store.listPage({ order: "updated", where: { owner: "ann" }, limit: 1 });
  if (page.threads[0].id !== "a") throw new Error("another page");
  if ((await store.load("a")).thread.text !== "ü€😀 and more") throw new Error("another text");
  await store.erase();
  await store.close();
  return "works";
}
`;
