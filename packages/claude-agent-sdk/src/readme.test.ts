import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test } from "vitest";
import { messages } from "./entries.test-helper.ts";
import { claudeSessionStore, SessionStoreError } from "./index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [program = "", retention = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** The SDK with a process that stands in for Claude Code. */
const SDK = `
  import { query as start } from "@anthropic-ai/claude-agent-sdk";
  import { fakeClaude } from "../fake-cli.test-helper.js";
  const spawnClaudeCodeProcess = fakeClaude((prompts) => prompts.length + ": " + prompts.at(-1));
  export const query = ({ prompt, options }) =>
    start({ prompt, options: { ...options, pathToClaudeCodeExecutable: "claude", spawnClaudeCodeProcess } });
`;

test("the program runs, and a second run continues the session", async () => {
  // Inside this package, so that the package's name resolves.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "threadstore-claude-")));
  onTestFinished(() => [folder, cwd].forEach((each) => rmSync(each, { recursive: true })));
  writeFileSync(join(folder, "sdk.js"), SDK);
  const file = join(folder, "example.ts");
  writeFileSync(file, program.replace('"@anthropic-ai/claude-agent-sdk"', '"./sdk.js"'));
  const env = {
    PATH: process.env["PATH"],
    CLAUDE_CONFIG_DIR: join(cwd, "config"),
    ANTHROPIC_API_KEY: "none",
  };
  const run = async (...parameters: string[]) =>
    (await promisify(execFile)(process.execPath, [file, ...parameters], { cwd, env })).stdout;
  expect(await run()).toBe("1: Tell me a short pirate joke.\n");
  const prompt = "Now tell that joke in the voice of a pirate.";
  expect(await run(prompt)).toBe(`2: ${prompt}\n`);
});

test("the retention program deletes old sessions", async () => {
  let now = Date.now() - 31 * 24 * 3_600_000;
  const sessionStore = claudeSessionStore({ store: memoryStore({ now: () => now }) });
  const projectKey = "-work-app";
  await sessionStore.append({ projectKey, sessionId: "old" }, messages(1));
  now = Date.now();
  await sessionStore.append({ projectKey, sessionId: "new" }, messages(1));
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "retention.js");
  writeFileSync(file, `export async function deleteOld(sessionStore, projectKey) {\n${retention}}`);
  const { deleteOld } = (await import(pathToFileURL(file).href)) as {
    readonly deleteOld: (store: typeof sessionStore, key: string) => Promise<void>;
  };
  await deleteOld(sessionStore, projectKey);
  expect((await sessionStore.listSessions(projectKey)).map(({ sessionId }) => sessionId)).toEqual(["new"]);
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  await store.namespace("p").save("s", json);
  const key = { projectKey: "p", sessionId: "s" };
  expect(await claudeSessionStore({ store }).load(key)).toHaveLength(2);
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(SessionStoreError.codes);
});

test("the compatible versions are those of the package", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly peerDependencies: { readonly [name: string]: string };
  };
  expect(readme).toContain(
    `\`@anthropic-ai/claude-agent-sdk\` ${manifest.peerDependencies["@anthropic-ai/claude-agent-sdk"]}`,
  );
});
