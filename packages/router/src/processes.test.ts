import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import { IS_QUICK } from "@threadstore/test-stores";
import { sqliteAt, temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

class Child {
  readonly messages: string[] = [];
  readonly ended: Promise<unknown[]>;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
    // Messages can arrive after the exit, and before the channel is closed.
    const closed = once(process, "disconnect");
    this.ended = once(process, "exit").then(async (exit) => closed.then(() => exit));
    process.on("message", (message) => void this.messages.push(message as string));
  }

  static async start(task: string, folder: string, argument: string): Promise<Child> {
    const process = fork(program, [task, folder, argument], { execArgv: [] });
    const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
    if (first !== "ready") throw new Error(`The child process exited with ${String(first)}.`);
    const child = new Child(process);
    child.tell();
    return child;
  }

  tell(): void {
    this.#process.send("go");
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }

  /** Resolves with the first message that begins like this, or with the exit of the process. */
  async message(start: string): Promise<string> {
    const find = (): string | undefined => this.messages.find((each) => each.startsWith(start));
    while (find() === undefined && this.#process.connected) {
      await Promise.race([once(this.#process, "message"), this.ended]);
    }
    return find() ?? `no ${start}`;
  }
}

/** Phases in which a mover is killed. `""` stands for the time before the first report. */
const KILLED_IN = ["", "copying", "closing", "closed", "cleaning"];

test("after kill -9 in any phase of a move, writers go on, another process continues, and no save is lost", async () => {
  using folder = temporaryFolder();
  await fill(folder.path, IS_QUICK ? 60 : 600);
  const writers = await Promise.all(["one", "two"].map((name) => Child.start("write", folder.path, name)));
  let target = "b";
  for (let round = 0; round < (IS_QUICK ? 1 : 6); round += 1) {
    for (const phase of KILLED_IN) {
      const mover = await Child.start("move", folder.path, target);
      await (phase === "" ? wait(Math.random() * 100) : mover.message(phase));
      await wait(Math.random() * 5);
      await mover.kill();
    }
    const mover = await Child.start("move", folder.path, target);
    expect(await mover.message("moved")).toMatch(new RegExp(`^moved .*"store":"${target}"`, "u"));
    target = target === "b" ? "a" : "b";
  }
  for (const writer of writers) writer.tell();
  for (const writer of writers) expect(await writer.ended).toEqual([0, null]);
  const messages = writers.flatMap((writer) => writer.messages);
  expect(messages.filter((message) => message.startsWith("read no"))).toEqual([]);

  const [current, old] = target === "a" ? ["b", "a"] : ["a", "b"];
  await using store = at(folder.path, current);
  await using other = at(folder.path, old);
  const log = ((await store.namespace("acme").load("log"))?.thread["log"] ?? []) as string[];
  const named = (kind: string): string[] =>
    messages.flatMap((message) => (message.startsWith(`${kind} `) ? message.slice(kind.length + 1) : []));
  expect(named("done").filter((each) => each !== "+" && !log.includes(each))).toEqual([]);
  expect(new Set(log).size).toBe(log.length);
  expect(log.length).toBeGreaterThan(20);
  const count = Number((await store.namespace("acme").load("count"))?.thread["count"]);
  const counted = named("done").filter((each) => each === "+").length;
  expect(count).toBeGreaterThanOrEqual(counted);
  expect(count).toBeLessThanOrEqual(counted + named("unknown").filter((each) => each === "+").length);
  expect((await other.namespace("acme").listPage()).threads).toEqual([]);
}, 300_000);

function at(folder: string, name: string): ThreadStore {
  return createThreadStore(sqliteAt(folder, name));
}

async function fill(folder: string, threads: number): Promise<void> {
  await using store = at(folder, "a");
  for (let n = 0; n < threads; n += 1) await store.namespace("acme").save(`thread-${n}`, { n });
}
