import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { MastraMemoryError, ThreadStoreMemory } from "./index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [program = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** The SDK with a local model instead of OpenAI's. */
const SDK = `
  import { Agent as SdkAgent } from "@mastra/core/agent";
  import { ECHO_MODEL } from "../model.test-helper.js";
  export class Agent extends SdkAgent {
    constructor(options) {
      super({ ...options, model: ECHO_MODEL });
    }
  }
`;

test("the program runs, and continues the thread when it runs again", async () => {
  // Inside this package, so that the packages' names resolve.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = mkdtempSync(join(tmpdir(), "threadstore-mastra-"));
  onTestFinished(() => [folder, cwd].forEach((each) => rmSync(each, { recursive: true })));
  const output = vi.spyOn(console, "log").mockReturnValue();
  onTestFinished(() => output.mockRestore());
  const { argv } = process;
  onTestFinished(() => {
    process.argv = argv;
  });
  writeFileSync(join(folder, "sdk.js"), SDK);
  const code = program
    .replace('"@mastra/core/agent"', '"./sdk.js"')
    .replace('"threads.db"', JSON.stringify(join(cwd, "threads.db")));
  // In this process, which has loaded the SDK. Each file is another module with its own store.
  const run = async (name: string, ...parameters: string[]) => {
    process.argv = [...argv.slice(0, 2), ...parameters];
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, code);
    output.mockClear();
    await import(pathToFileURL(file).href);
    return output.mock.calls;
  };
  expect(await run("first")).toEqual([["1: Tell me a short pirate joke."]]);
  const prompt = "Now tell that joke in the voice of a pirate.";
  expect(await run("second", prompt)).toEqual([[`3: ${prompt}`]]);
});

test("the documented thread can be read", async () => {
  const [thread = "", metadata = ""] = [...readme.matchAll(/^```json\n(.*?)^```$/gms)].map(
    ([, json]) => json,
  );
  const store = memoryStore();
  const memory = new ThreadStoreMemory({ store });
  const time = new Date();
  await memory.saveThread({ thread: { id: "4711", resourceId: "ann", createdAt: time, updatedAt: time } });
  const threads = store.namespace("resources").namespace("ann");
  await threads.save("4711", thread, {
    overwrite: true,
    metadata: JSON.parse(metadata) as Record<string, string>,
  });
  expect((await memory.listMessages({ threadId: "4711", resourceId: "ann" })).total).toBe(1);
  const stored = await memory.getThreadById({ threadId: "4711" });
  expect([stored?.title, stored?.metadata]).toEqual(["Jokes", { topic: "pirates" }]);
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(MastraMemoryError.codes);
});
