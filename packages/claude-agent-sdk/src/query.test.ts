import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  getSessionMessages,
  type Options,
  query,
  type SDKMessage,
  type SessionStore,
} from "@anthropic-ai/claude-agent-sdk";
import { memoryStore } from "@threadstore/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fakeClaude } from "./fake-cli.test-helper.ts";
import { claudeSessionStore } from "./index.ts";

let folder = "";
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "threadstore-claude-")));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** Runs a turn with the real `query` and a process that stands in for Claude Code. */
async function run(
  prompt: string,
  options: Options & { readonly sessionStore: SessionStore },
): Promise<SDKMessage[]> {
  const messages: SDKMessage[] = [];
  const running = query({
    prompt,
    options: {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        CLAUDE_CONFIG_DIR: join(folder, "config"),
        ANTHROPIC_API_KEY: "none",
      },
      pathToClaudeCodeExecutable: "claude",
      spawnClaudeCodeProcess: fakeClaude((prompts) => `${prompts.length}: ${prompts.join(", ")}`),
      ...options,
    },
  });
  for await (const message of running) messages.push(message);
  return messages;
}

function resultOf(messages: readonly SDKMessage[]): { readonly session_id: string; readonly result: string } {
  return messages.find(({ type }) => type === "result") as ReturnType<typeof resultOf>;
}

it.each([300, 524_288])(
  "query() mirrors a session, and another process resumes it (segments of %i bytes)",
  async (segmentBytes) => {
    const records = new Map();
    const open = () => claudeSessionStore({ store: memoryStore({ records }), segmentBytes });
    const first = resultOf(await run("one", { sessionStore: open() }));
    expect(first.result).toBe("1: one");
    const second = resultOf(await run("two", { sessionStore: open(), resume: first.session_id }));
    expect(second).toMatchObject({ session_id: first.session_id, result: "2: one, two" });
    const third = resultOf(await run("three", { sessionStore: open(), continue: true }));
    expect(third).toMatchObject({ session_id: first.session_id, result: "3: one, two, three" });

    const stored = await getSessionMessages(first.session_id, { dir: folder, sessionStore: open() });
    expect(stored.map(({ type }) => type).join(" ")).toBe("user assistant user assistant user assistant");
  },
);

it("query() repeats an append that fails, and each entry is stored once", async () => {
  const sessions = claudeSessionStore({ store: memoryStore() });
  let failures = 0;
  const sessionStore: SessionStore = {
    ...sessions,
    async append(key, entries) {
      await sessions.append(key, entries);
      failures += 1;
      if (failures <= 2) throw new Error("The response was lost.");
    },
  };
  const messages = await run("one", { sessionStore });
  expect(failures).toBe(3);
  expect(messages.filter((message) => "subtype" in message && message.subtype === "mirror_error")).toEqual(
    [],
  );
  expect(await getSessionMessages(resultOf(messages).session_id, { dir: folder, sessionStore })).toHaveLength(
    2,
  );
});

it("query() drops a batch that fails three times: a fact of the SDK, which importSessionToStore repairs", async () => {
  const sessions = claudeSessionStore({ store: memoryStore() });
  const sessionStore: SessionStore = {
    ...sessions,
    append: () => Promise.reject(new Error("The store is down.")),
  };
  const messages = await run("one", { sessionStore });
  const errors = messages.filter((message) => "subtype" in message && message.subtype === "mirror_error");
  expect(errors).toHaveLength(1);
  expect(resultOf(messages).result).toBe("1: one");
});
