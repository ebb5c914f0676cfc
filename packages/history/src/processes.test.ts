import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { textOf } from "./processes.test-helper.ts";
import { withHistory } from "./with-history.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

type Message = { readonly begin: number } | { readonly done: number; readonly version: string };

async function startWriter(path: string, first: number, versions: number): Promise<ChildProcess> {
  const writer = fork(program, [path, String(first), String(versions)], { execArgv: [] });
  const [ready] = await Promise.race([once(writer, "message"), once(writer, "exit")]);
  if (ready !== "ready") throw new Error(`The child process exited with ${String(ready)}.`);
  return writer;
}

/** Lets a writer save, and kills it at a random moment. Resolves with its messages. */
async function runAndKill(writer: ChildProcess): Promise<Message[]> {
  const messages: Message[] = [];
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const target = 2 * Math.floor(Math.random() * 20) + 1;
  writer.on("message", (message) => {
    messages.push(message as Message);
    if (messages.length === target) reach();
  });
  const [ended, drained] = [once(writer, "exit"), once(writer, "disconnect")];
  writer.send("go");
  await reached;
  await wait(Math.random() * 3);
  writer.kill("SIGKILL");
  expect((await ended)[1]).toBe("SIGKILL");
  await drained;
  return messages;
}

test("after SIGKILL the versions are those of the acknowledged saves, and of the one in flight or not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-history-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "threads.db");
  const keep = { versions: 12 };
  /** The versions of the acknowledged saves, oldest first; the version of a save that was in flight is unknown. */
  const acknowledged: (string | undefined)[] = [];
  let [inFlight, stored] = [0, 0];
  for (let kill = 0; kill < 12; kill += 1) {
    const messages = await runAndKill(await startWriter(path, acknowledged.length, keep.versions));
    for (const message of messages) if ("done" in message) acknowledged.push(message.version);
    await using store = withHistory(sqliteStore({ path }), { keep });
    const versions = (await store.versions("a")).toReversed();
    const current = await store.load("a");
    const isStored = current?.json === textOf(acknowledged.length);
    const last = messages.at(-1);
    if (last !== undefined && "begin" in last) inFlight += 1;
    const next = { begin: acknowledged.length };
    expect(isStored ? last : next).toEqual(next);
    if (isStored) {
      stored += 1;
      acknowledged.push(current.version);
    }
    expect(versions.map(({ version }) => version)).toEqual(acknowledged.slice(-keep.versions));
    for (const [index, { version }] of versions.entries()) {
      const n = acknowledged.length - versions.length + index;
      expect((await store.loadVersion("a", version))?.json).toBe(textOf(n));
    }
  }
  // Otherwise the kills did not interrupt what matters, and no log was started again.
  expect(inFlight).toBeGreaterThan(2);
  expect(stored).toBeLessThan(12);
  expect(acknowledged.length).toBeGreaterThan(2 * keep.versions);
});
