import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "@threadstore/sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ChatMessage } from "../index.ts";
import { calling } from "../model-server.test-helper.ts";

/** Texts are strings throughout these tests. */
function textOf({ content }: ChatMessage): string {
  return typeof content === "string" ? content : "";
}

/**
 * What the model answers depends on the messages alone, so that any process may ask. It calls `left` and `right` at once, then `last`, and then says "done"; or echoes,
 * without tools.
 */
async function startModel(echoes: boolean): Promise<{ url: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: ChatMessage[] };
      const message = echoes ? echo(messages) : next(messages);
      const choices = [{ index: 0, message, finish_reason: "stop", logprobs: null }];
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function echo(messages: ChatMessage[]): object {
  return { role: "assistant", content: `re: ${messages.slice(-1).map(textOf).join("")}` };
}

function next(messages: ChatMessage[]): object {
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
  const results = turn.filter(({ role }) => role === "tool").length;
  if (results === 0) return calling(["1", "left", "{}"], ["2", "right", "{}"]);
  return results === 2 ? calling(["3", "last", "{}"]) : { role: "assistant", content: "done" };
}

async function place(): Promise<{ file: string; log: string }> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-conversation-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "log"), "");
  return { file: join(folder, "threads.db"), log: join(folder, "log") };
}

async function runChild(file: string, url: string, task: object): Promise<NodeJS.Signals | number | null> {
  const program = new URL("process-child.test-helper.ts", import.meta.url);
  const child = fork(program, [file, url, JSON.stringify(task)], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (code !== 0 && signal === null) throw new Error(errors);
  return signal ?? code;
}

async function messagesIn(file: string): Promise<ChatMessage[]> {
  await using store = { ...opened(file) };
  const found = await store.load();
  return (found?.thread as { messages: ChatMessage[] } | undefined)?.messages ?? [];
}

function opened(file: string) {
  const store = sqliteStore({ path: file });
  return { load: () => store.load("c"), [Symbol.asyncDispose]: () => store.close() };
}

const posts = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);

describe("two processes that post to one conversation 200 times between them", () => {
  it.each([
    ["rebase", { onConflict: "rebase" }],
    ["retry", { onConflict: "retry" }],
    ["a lease", { lease: true }],
  ])("lose nothing with %s", async (_name, options) => {
    const { file } = await place();
    const { url } = await startModel(true);
    const count = _name === "rebase" ? 100 : 25;
    const names = ["a", "b"];
    const ended = await Promise.all(
      names.map((name) => runChild(file, url, { ...options, posts: posts(name, count) })),
    );
    expect(ended).toEqual([0, 0]);
    const messages = await messagesIn(file);
    const asked = messages.filter(({ role }) => role === "user").map(textOf);
    expect(asked.toSorted()).toEqual(names.flatMap((name) => posts(name, count)).toSorted());
    for (const name of names)
      expect(asked.filter((text) => text.startsWith(name))).toEqual(posts(name, count));
    // Each turn stays whole: the answer is right behind its question.
    const answers = messages.flatMap(({ role }, index) =>
      role === "user" ? messages.slice(index + 1, index + 2).map(textOf) : [],
    );
    expect(answers).toEqual(asked.map((text) => `re: ${text}`));
  });
});

describe("a process that is killed in the middle of a journaled turn", () => {
  const steps = [1, 2, 3, 4, 5, 6].flatMap((save) => [
    { save, when: "before" },
    { save, when: "after" },
  ]);

  it.each([...steps, ...["left", "right", "last"].map((when) => ({ save: 0, when }))])(
    "at $when save $save: the next one goes on, and calls no tool again whose result was saved",

    async (killAt) => {
      const { file, log } = await place();
      const { url } = await startModel(false);
      const ended = await runChild(file, url, { journal: true, posts: ["go"], killAt, log });
      // Results that come together are saved together, so the last steps may not exist.
      expect(killAt.save >= 5 ? ["SIGKILL", 0] : ["SIGKILL"]).toContain(ended);
      const left = await messagesIn(file);
      const saved = left.filter(({ role }) => role === "tool").map(textOf);

      await runChild(file, url, { journal: true, posts: ["and?"], log, afterLeases: true });
      const messages = await messagesIn(file);
      const isKept = left.length > 0;
      const turn = ["left done", "right done", "last done"];
      const results = messages.filter(({ role }) => role === "tool").map(textOf);
      expect(results).toEqual(isKept ? [...turn, ...turn] : turn);
      expect(messages.filter(({ content }) => content === "done")).toHaveLength(isKept ? 2 : 1);
      expect(messages.slice(0, left.length).filter(({ role }) => role === "user")).toHaveLength(
        isKept ? 1 : 0,
      );

      // A tool whose result was saved ran once for that turn; one that was cut off runs again under its id.
      const operations = (await readFile(log, "utf8")).trim().split("\n");
      const runsOf = new Map<string, number>();
      for (const operation of operations) runsOf.set(operation, (runsOf.get(operation) ?? 0) + 1);
      for (const [operation, runs] of runsOf) {
        const [name = ""] = operation.split(" ");
        const isFirstTurn = operation === operations.find((each) => each.startsWith(`${name} `));
        const mayRunAgain = isFirstTurn && isKept && !saved.includes(`${name} done`);
        expect(runs, operation).toBeLessThanOrEqual(mayRunAgain ? 2 : 1);
      }
    },
  );
});
