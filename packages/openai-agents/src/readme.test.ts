import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { SessionError, threadSession } from "./index.ts";
import { lastMessages, startModelServer, temporaryFolder } from "./tools.test-helper.ts";

// Each test starts several processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [first = "", approvals = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

// A stand-in for the umbrella package of the SDK, which is its core with OpenAI's models as the default.
const umbrella = `
  export * from "@openai/agents-core";
  import { setDefaultModelProvider } from "@openai/agents-core";
  import { OpenAIProvider } from "@openai/agents-openai";
  setDefaultModelProvider(new OpenAIProvider());
`;

/** Returns a function that runs an example as a program, against the built package and always in the same folder. */
function programOf(example: string, modelUrl: string): (...parameters: string[]) => Promise<string> {
  // Inside this package, so that the package's name resolves.
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

test("the first example runs, and a second run continues the conversation", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "Now tell" }, { content: "Arr!" });
  mock.on({ userMessage: "Tell me" }, { content: "Lost at C." });
  const run = programOf(first, mock.url);
  expect(await run()).toBe("Lost at C.\n");
  expect(await run("Now tell that joke in the voice of a pirate.")).toBe("Arr!\n");
  expect(lastMessages(mock).map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
});

test("the approval example asks in one process and continues in the next", async () => {
  const mock = await startModelServer();
  mock.on({ hasToolResult: true }, { content: "Removed." });
  mock.on({ userMessage: "Remove" }, { toolCalls: [{ name: "remove", arguments: '{"file":"a.txt"}' }] });
  const run = programOf(approvals, mock.url);
  expect(await run()).toBe("1 call to approve\n");
  expect(await run()).toBe("Removed.\n");
  expect(lastMessages(mock).at(-1)).toMatchObject({ role: "tool", content: "Removed a.txt." });
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  await store.save("talk", json);
  expect(await threadSession({ store, id: "talk" }).getItems()).toHaveLength(2);
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(SessionError.codes);
});
