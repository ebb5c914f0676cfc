import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { sessionErrorCodes, threadSession } from "./index.ts";
import { lastMessages, startModelServer, temporaryFolder } from "./tools.test-helper.ts";

// Whole processes on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [first = "", approvals = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

// The umbrella package of the SDK: its core, with OpenAI's models for models that are named.
const umbrella = `
  export * from "@openai/agents-core";
  import { setDefaultModelProvider } from "@openai/agents-core";
  import { OpenAIProvider } from "@openai/agents-openai";
  setDefaultModelProvider(new OpenAIProvider());
`;

/** Runs an example as a program of its own, on the built package, time after time in one folder. */
function programOf(example: string, modelUrl: string): (...parameters: string[]) => Promise<string> {
  // Below this package, so that its own name resolves.
  const program = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => rmSync(program, { recursive: true }));
  writeFileSync(join(program, "agents.ts"), umbrella);
  writeFileSync(join(program, "example.ts"), example.replace('"@openai/agents"', '"./agents.ts"'));
  const env = {
    ...process.env,
    OPENAI_BASE_URL: `${modelUrl}/v1`,
    OPENAI_API_KEY: "k",
    OPENAI_AGENTS_DISABLE_TRACING: "1",
    NO_COLOR: "1",
  };
  const cwd = temporaryFolder();
  return async (...parameters) => {
    const file = join(program, "example.ts");
    return (await promisify(execFile)(process.execPath, [file, ...parameters], { cwd, env })).stdout;
  };
}

test("the first example runs, and run again goes on with the conversation", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "Now tell" }, { content: "Arr!" });
  mock.on({ userMessage: "Tell me" }, { content: "Lost at C." });
  const run = programOf(first, mock.url);
  expect(await run()).toBe("Lost at C.\n");
  expect(await run("Now tell that joke in the voice of a pirate.")).toBe("Arr!\n");
  expect(lastMessages(mock).map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
});

test("the example of an approval asks in one process and goes on in the next", async () => {
  const mock = await startModelServer();
  mock.on({ hasToolResult: true }, { content: "Removed." });
  mock.on({ userMessage: "Remove" }, { toolCalls: [{ name: "remove", arguments: '{"file":"a.txt"}' }] });
  const run = programOf(approvals, mock.url);
  expect(await run()).toBe("1 to approve\n");
  expect(await run()).toBe("Removed.\n");
  expect(lastMessages(mock).at(-1)).toMatchObject({ role: "tool", content: "a.txt is gone" });
});

test("the thread that is shown can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  await store.save("talk", json);
  expect(await threadSession({ store, id: "talk" }).getItems()).toHaveLength(2);
});

test("of every error code it is said what to do, and of no other", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(sessionErrorCodes);
});
