import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, it, onTestFinished } from "vitest";
import { StreamError, resumableStreams } from "../streams.ts";
import { text } from "./fixtures.test-helper.ts";

const PROGRAM = new URL("processes-child.test-helper.ts", import.meta.url);

it("readers of a process that is killed receive its chunks, and then an error", async () => {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-streams-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "threads.db");
  await using store = sqliteStore({ path });
  const streams = resumableStreams({ store, flushMs: 5, pollMs: 5, leaseMs: 3000 });
  const child = fork(PROGRAM, [path]);
  await expect.poll(() => streams.status("chat"), { interval: 5 }).toBe("streaming");
  let all = "";
  const reading = (async () => {
    for await (const { chunk } of streams.read("chat", "", new AbortController().signal)) {
      all += text(chunk);
      if (all.length > 500) child.kill("SIGKILL");
    }
  })();
  const exited = once(child, "exit");
  const error: unknown = await reading.catch((reason: unknown) => reason);
  expect(StreamError.is(error, "STREAM_INTERRUPTED")).toBe(true);
  expect((await exited)[1]).toBe("SIGKILL");
  // No chunk is missing or stored twice.
  const numbers = all.trim().split(" ").map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index));
  expect(await streams.status("chat")).toBe("error");
  expect(await streams.resume("chat")).toBeUndefined();
  expect(await streams.record("chat", ReadableStream.from(["new"]))).toBe(true);
});
