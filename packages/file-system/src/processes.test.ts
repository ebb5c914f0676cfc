import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { AsyncThreadDriver } from "@threadstore/core/driver";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import {
  driverErrorFrom,
  filesBelow,
  keyOf,
  listIds,
  openDriver,
  options,
  recordOf,
  runChildren,
  segmentPath,
  startChild,
  temporaryFolder,
  textOf,
} from "./file-system.test-helper.ts";

const run = promisify(execFile);
let folder: string;
let driver: AsyncThreadDriver;
const KEY = keyOf("thread");
/** Whether this is `npm test`, which kills fewer processes at random moments. */
const IS_QUICK = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";

beforeEach(async () => {
  folder = join(await temporaryFolder(), "store");
  driver = openDriver({ folder });
});

describe("four processes", () => {
  it("that increment a counter 25 times each lose no update", async () => {
    await runChildren(4, "increment", folder, () => 25);
    expect(await textOf(driver, KEY)).toBe("100");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("that append to one thread 8 times each lose nothing, and keep each append in one piece", async () => {
    const store = fileSystemStore({ folder });
    await store.save("chat", { text: "text ".repeat(20_000), messages: [] });
    await runChildren(4, "appendPairs", folder, (index) => `child ${index}`);
    const messages = (await store.load("chat"))?.thread["messages"] as [string, number, string][];
    expect(messages).toHaveLength(64);
    for (let child = 0; child < 4; child += 1) {
      const own = messages.filter(([name]) => name === `child ${child}`);
      expect(own.map(([, n, part]) => `${n} ${part}`)).toEqual(
        Array.from({ length: 8 }, (_, n) => [`${n} one`, `${n} two`]).flat(),
      );
    }
    for (let index = 0; index < 64; index += 2) {
      expect(messages[index]?.slice(0, 2)).toEqual(messages[index + 1]?.slice(0, 2));
    }
    expect((await filesBelow(folder)).length).toBeLessThanOrEqual(8);
  });

  it("that create the same threads create each thread once", async () => {
    const created = await runChildren(4, "create", folder, (index) => `child ${index}`);
    expect(created).toHaveLength(20);
    for (const line of created) {
      const [, id = "", creator] = /^(round \d+) (child \d)$/.exec(line) ?? [];
      expect(await textOf(driver, keyOf(id))).toBe(creator);
    }
    expect(await listIds(driver)).toHaveLength(20);
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
  });

  it("that save and delete one thread produce a single chain of versions", async () => {
    const steps = await runChildren(4, "contend", folder);
    const changes = steps.map((step) => /^from ([\w-]+) to ([\w-]+)$/.exec(step)?.slice(1) ?? []);
    // Every version is replaced or deleted at most once, so no change was lost.
    const replaced = changes.map(([from]) => from).filter((version) => version !== "nothing");
    expect(new Set(replaced).size).toBe(replaced.length);
    const produced = changes.map(([, to]) => to).filter((version) => version !== "nothing");
    expect(new Set(produced).size).toBe(produced.length);
    const storedRecord = await driver.read(KEY, undefined, options);
    expect(produced.filter((version) => !replaced.includes(version))).toEqual(
      storedRecord ? [storedRecord.version] : [],
    );
    expect(replaced.length).toBeGreaterThan(50);
    expect(await filesBelow(folder)).toHaveLength(storedRecord ? 1 : 0);
  });
});

describe("a process that is killed", () => {
  // The conformance suite checks the threads that remain; this test checks the files.
  it("during a save leaves at most one segment, which the next save removes", async () => {
    for (let kill = 1; kill <= (IS_QUICK ? 3 : 10); kill += 1) {
      const child = startChild("count", folder);
      await child.wrote("done");
      await wait(Math.random() * 25);
      child.process.kill("SIGKILL");
      await child.ended;
      expect((await filesBelow(folder)).length).toBeLessThanOrEqual(3);
    }
    const storedRecord = await driver.read(KEY, undefined, options);
    await driver.write(KEY, recordOf("end"), storedRecord?.version, options);
    expect(await filesBelow(folder)).toHaveLength(1);
  });
});

it("a process that is killed during an append leaves the acknowledged elements, and at most one more", async () => {
  const store = fileSystemStore({ folder });
  await store.save("thread", { text: "x".repeat(100_000), numbers: [] });
  let next = 0;
  for (let kill = 1; kill <= (IS_QUICK ? 2 : 6); kill += 1) {
    const child = startChild("append", folder, next);
    await child.wrote("done");
    await wait(Math.random() * 25);
    child.process.kill("SIGKILL");
    await child.ended;
    const stored = await store.load("thread");
    const numbers = stored?.thread["numbers"] as number[];
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index));
    const acknowledged = Number(child.lines.at(-1)?.split(" ")[1]);
    expect([1, 2]).toContain(numbers.length - acknowledged);
    next = numbers.length;
    await store.append("thread", [next]);
    next += 1;
  }
  expect((await filesBelow(folder)).length).toBeLessThanOrEqual(8);
});

describe("a process", () => {
  async function outcomes(argument: string, launcher: string[] = []): Promise<string[]> {
    const child = startChild("attempt", folder, argument, launcher);
    const { errors } = await child.ended;
    expect(errors).toBe("");
    return child.lines.slice(1);
  }

  it("without permissions gets ACCESS_DENIED for every operation and changes nothing", async () => {
    const version = await driver.write(KEY, recordOf("mine"), undefined, options);
    await chmod(join(folder, ".."), 0o755);
    await chmod(folder, 0o000);
    onTestFinished(() => chmod(folder, 0o700));
    expect(await outcomes("as nobody")).toEqual([
      "read ACCESS_DENIED none",
      "create ACCESS_DENIED none",
      "replace ACCESS_DENIED none",
      "delete ACCESS_DENIED none",
      "list ACCESS_DENIED none",
    ]);
    await chmod(folder, 0o700);
    expect(await driver.read(KEY, undefined, options)).toEqual({ version, bytes: Buffer.from("mine") });
  });

  it("with read permission can read but gets ACCESS_DENIED for writes", async () => {
    const version = await driver.write(KEY, recordOf("mine"), undefined, options);
    const record = join(folder, "threads", "thread", `${version}`);
    const folders = [folder, "threads", "threads/thread", ".tmp", ".trash", "namespaces"];
    const paths = [record, ...folders.map((path) => (path === folder ? path : join(folder, path)))];
    await chmod(join(folder, ".."), 0o755);
    await chmod(join(folder, segmentPath(`${version}`)), 0o444);
    for (const path of paths) await chmod(path, 0o555);
    onTestFinished(async () => {
      for (const path of paths) await chmod(path, 0o700);
    });
    expect(await outcomes("as nobody")).toEqual([
      "read done",
      "create ACCESS_DENIED none",
      "replace ACCESS_DENIED none",
      "delete ACCESS_DENIED none",
      "list done",
    ]);
    expect(await textOf(driver, KEY)).toBe("mine");
  });

  it("with a limit on file sizes gets TOO_LARGE and leaves nothing", async () => {
    await driver.write(KEY, recordOf("small"), undefined, options);
    const limited = ["sh", "-c", 'ulimit -f 100; exec "$@"', "sh"];
    expect(await outcomes("", limited)).toEqual([
      "read done",
      "create TOO_LARGE none",
      "replace TOO_LARGE none",
      "delete done",
      "list done",
    ]);
    expect(await filesBelow(folder)).toEqual([]);
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
  });

  it("on a full disk gets STORAGE_FULL, leaves nothing, and can still delete", async (context) => {
    await mkdir(folder);
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]).catch(
      () => false,
    );
    if (mounted === false) context.skip("requires root and permission to mount a tmpfs");
    onTestFinished(async () => void (await run("umount", [folder])));
    const version = await driver.write(KEY, recordOf("small"), undefined, options);
    const large = recordOf("x".repeat(1_000_000));
    for (const failing of [
      () => driver.write(keyOf("new"), large, undefined, options),
      () => driver.write(KEY, large, version, options),
    ]) {
      const error = await driverErrorFrom(failing());
      expect(error).toMatchObject({ code: "STORAGE_FULL", effect: "none" });
    }
    expect(await driver.read(KEY, undefined, options)).toEqual({ version, bytes: Buffer.from("small") });
    expect(await filesBelow(folder)).toEqual([segmentPath(`${version}`)]);
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
    expect(await driver.delete(KEY, `${version}`, options)).toBe(true);
  });

  it("acknowledges a save after the kernel has synced the file and the folders, in order", async (context) => {
    await driver.write(KEY, recordOf("old"), undefined, options);
    const strace = await run("strace", ["-V"]).catch(() => false);
    if (strace === false) context.skip("requires strace");
    const log = join(folder, "..", "trace");
    const calls = "trace=write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat2,unlink,unlinkat";
    const child = startChild("replace", folder, "", [
      "strace",
      "-f",
      "-y",
      "-s",
      "500",
      "-o",
      log,
      "-e",
      calls,
    ]);
    expect((await child.ended).code).toBe(0);
    // Each call with its path; -y shows the paths of open files.
    const order = (await readFile(log, "utf8")).split("\n").flatMap((line) => {
      if (line.includes('"acknowledged')) return ["acknowledge"];
      const [, call, path] = /^\d+ +(\w+)\(.*?store\/(threads\/thread[^">]*)/.exec(line) ?? [];
      return call === undefined ? [] : [`${call} ${path?.replaceAll(/[0-9a-f]{24,}(-[0-9a-f]+)*/g, "*")}`];
    });
    expect(order).toEqual([
      "pwritev threads/thread/*/*.segment",
      "fsync threads/thread/*/*.segment",
      "fsync threads/thread/*",
      "rename threads/thread/*",
      "fsync threads/thread",
      "unlink threads/thread/*/*.segment",
      "acknowledge",
    ]);
  });
});
