import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { ThreadDriver } from "@threadstore/core";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { fileSystemDriver } from "./driver.ts";
import {
  filesBelow,
  idsIn,
  keyOf,
  options,
  recordOf,
  segmentFile,
  runPeers,
  startPeer,
  temporaryFolder,
  textAt,
} from "./file-system.test-helper.ts";

const run = promisify(execFile);
let folder: string;
let driver: ThreadDriver;
const key = keyOf("thread");

beforeEach(async () => {
  folder = join(await temporaryFolder(), "store");
  driver = fileSystemDriver({ folder });
});

describe("four processes", () => {
  it("that add 25 times each make 100", async () => {
    await runPeers(4, "increment", folder, () => 25);
    expect(await textAt(driver, key)).toBe("100");
    expect(await filesBelow(folder)).toHaveLength(1);
  });

  it("that create the same threads are the creator once each", async () => {
    const created = await runPeers(4, "create", folder, (index) => `peer ${index}`);
    expect(created).toHaveLength(20);
    for (const line of created) {
      const [, id = "", creator] = /^(round \d+) (peer \d)$/.exec(line) ?? [];
      expect(await textAt(driver, keyOf(id))).toBe(creator);
    }
    expect(await idsIn(driver)).toHaveLength(20);
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
  });

  it("that save and delete one thread leave a single chain of versions", async () => {
    const steps = await runPeers(4, "contend", folder);
    const taken = steps.map((step) => /^from ([\w-]+) to ([\w-]+)$/.exec(step)?.slice(1) ?? []);
    // Every version is consumed at most once, so no save or delete was lost to another.
    const consumed = taken.map(([from]) => from).filter((version) => version !== "nothing");
    expect(new Set(consumed).size).toBe(consumed.length);
    const produced = taken.map(([, to]) => to).filter((version) => version !== "nothing");
    expect(new Set(produced).size).toBe(produced.length);
    const found = await driver.read(key, undefined, options);
    expect(produced.filter((version) => !consumed.includes(version))).toEqual(found ? [found.version] : []);
    expect(consumed.length).toBeGreaterThan(50);
    expect(await filesBelow(folder)).toHaveLength(found ? 1 : 0);
  });
});

describe("a process that is killed", () => {
  // What it may leave of threads is the conformance suite's affair; this is about files.
  it("while it saves leaves at most one segment, which the next save removes", async () => {
    for (let kill = 1; kill <= 10; kill += 1) {
      const peer = startPeer("count", folder);
      await peer.wrote("done");
      await wait(Math.random() * 25);
      peer.process.kill("SIGKILL");
      await peer.ended;
      expect((await filesBelow(folder)).length).toBeLessThanOrEqual(3);
    }
    const found = await driver.read(key, undefined, options);
    await driver.write(key, recordOf("end"), found?.version, options);
    expect(await filesBelow(folder)).toHaveLength(1);
  });
});

describe("a process", () => {
  async function outcomes(argument: string, launcher: string[] = []): Promise<string[]> {
    const peer = startPeer("attempt", folder, argument, launcher);
    const { errors } = await peer.ended;
    expect(errors).toBe("");
    return peer.lines.slice(1);
  }

  it("without rights is told so, for reads as well, and changes nothing", async () => {
    const version = await driver.write(key, recordOf("mine"), undefined, options);
    await chmod(join(folder, ".."), 0o755);
    await chmod(folder, 0o000);
    onTestFinished(() => chmod(folder, 0o700));
    expect(await outcomes("as nobody")).toEqual([
      "read ACCESS_DENIED no",
      "create ACCESS_DENIED no",
      "replace ACCESS_DENIED no",
      "delete ACCESS_DENIED no",
      "list ACCESS_DENIED no",
    ]);
    await chmod(folder, 0o700);
    expect(await driver.read(key, undefined, options)).toEqual({ version, bytes: Buffer.from("mine") });
  });

  it("that may only read reads, and is told when it writes", async () => {
    const version = await driver.write(key, recordOf("mine"), undefined, options);
    const record = join(folder, "threads", "thread", `${version}`);
    const folders = [folder, "threads", "threads/thread", ".tmp", ".trash", "namespaces"];
    const paths = [record, ...folders.map((path) => (path === folder ? path : join(folder, path)))];
    await chmod(join(folder, ".."), 0o755);
    await chmod(join(folder, segmentFile(`${version}`)), 0o444);
    for (const path of paths) await chmod(path, 0o555);
    onTestFinished(async () => {
      for (const path of paths) await chmod(path, 0o700);
    });
    expect(await outcomes("as nobody")).toEqual([
      "read done",
      "create ACCESS_DENIED no",
      "replace ACCESS_DENIED no",
      "delete ACCESS_DENIED no",
      "list done",
    ]);
    expect(await textAt(driver, key)).toBe("mine");
  });

  it("that may only write small files fails cleanly", async () => {
    await driver.write(key, recordOf("small"), undefined, options);
    const limited = ["sh", "-c", 'ulimit -f 100; exec "$@"', "sh"];
    expect(await outcomes("", limited)).toEqual([
      "read done",
      "create TOO_LARGE no",
      "replace TOO_LARGE no",
      "delete done",
      "list done",
    ]);
    expect(await filesBelow(folder)).toEqual([]);
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
  });

  it("on a full disk fails cleanly, and can still delete", async (context) => {
    await mkdir(folder);
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]).catch(
      () => false,
    );
    if (mounted === false) context.skip("needs to be root and to mount a tmpfs");
    onTestFinished(async () => void (await run("umount", [folder])));
    const version = await driver.write(key, recordOf("small"), undefined, options);
    const large = recordOf("x".repeat(1_000_000));
    for (const failing of [
      () => driver.write(keyOf("new"), large, undefined, options),
      () => driver.write(key, large, version, options),
    ]) {
      const error: unknown = await failing().catch((cause: unknown) => cause);
      expect(driver.explain?.(error)).toMatchObject({ code: "STORAGE_FULL", applied: "no" });
    }
    expect(await driver.read(key, undefined, options)).toEqual({ version, bytes: Buffer.from("small") });
    expect(await filesBelow(folder)).toEqual([segmentFile(`${version}`)]);
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
    expect(await driver.delete(key, `${version}`, options)).toBe(true);
  });

  it("acknowledges after the kernel has synced file and folders, in order", async (context) => {
    await driver.write(key, recordOf("old"), undefined, options);
    const found = await run("strace", ["-V"]).catch(() => false);
    if (found === false) context.skip("needs strace");
    const log = join(folder, "..", "trace");
    const calls = "trace=write,writev,pwrite64,pwritev,fsync,fdatasync,rename,renameat2,unlink,unlinkat";
    const peer = startPeer("replace", folder, "", [
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
    expect((await peer.ended).code).toBe(0);
    // Paths below the folder, each as the last words of its call; -y shows those of open files.
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
