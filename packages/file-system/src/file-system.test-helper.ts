import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { DriverOptions, RecordToWrite, ThreadDriver, ThreadKey } from "@threadstore/core";
import { onTestFinished } from "vitest";
import { layoutOf, segmentName, threadFolder } from "./layout.ts";
import { readRecord } from "./record-file.ts";
import { wholeFrame } from "./segments.ts";
import { locationOf, newVersion } from "./version.ts";

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function keyOf(id: string, namespace = ""): ThreadKey {
  return { namespace, id };
}

export function recordOf(text: string): RecordToWrite {
  return {
    bytes: Buffer.from(text),
    unchanged: 0,
    trailerLength: 0,
    nonce: "0".repeat(22),
    expiresAt: undefined,
  };
}

export const options: DriverOptions = { signal: new AbortController().signal };

export async function textAt(driver: ThreadDriver, key: ThreadKey): Promise<string | undefined> {
  const found = await driver.read(key, undefined, options);
  return found && Buffer.from(found.bytes ?? []).toString();
}

export async function idsIn(driver: ThreadDriver, namespace = ""): Promise<string[]> {
  const page = await driver.list(namespace, { after: undefined, limit: 1000 }, options);
  return page.records.map((record) => record.id);
}

/** The file that a version's record ends in, below the store's folder. */
export function segmentFile(version: string, id = "thread"): string {
  return join("threads", id, version, segmentName(locationOf(version)?.segment ?? "none"));
}

/** Puts a record in the place of the thread's, as a whole one, behind the store's back. */
export async function rewriteRecord(
  root: string,
  id: string,
  change: (record: Uint8Array) => Uint8Array,
): Promise<void> {
  const thread = threadFolder(layoutOf(root), keyOf(id));
  const [version = ""] = await readdir(thread);
  const last = locationOf(version) ?? { segment: "none", end: 0 };
  const { content, end } = wholeFrame(change(await readRecord(join(thread, version), last)));
  await writeFile(join(thread, version, segmentName(last.segment)), content);
  await rename(join(thread, version), join(thread, newVersion({ ...last, end })));
}

/** The files below a folder, as paths relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

export interface Peer {
  readonly process: ChildProcess;
  /** The lines that it has written by the time it ends. */
  readonly lines: string[];
  readonly ended: Promise<{ code: number | null; errors: string }>;
  /** Resolves when it has written a line that begins so. */
  wrote(beginning: string): Promise<void>;
}

const program = fileURLToPath(new URL("store-child.test-helper.ts", import.meta.url));

/** Another process that works on `folder`; see store-child.test-helper.ts for its jobs. */
export function startPeer(
  job: string,
  folder: string,
  argument: string | number = "",
  launcher: string[] = [],
): Peer {
  const [command, ...parameters] = [...launcher, process.execPath, program, job, folder, String(argument)];
  const child = spawn(command, parameters, { stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const reader = createInterface(child.stdout);
  reader.on("line", (line) => lines.push(line));
  const ended = Promise.all([once(child, "close"), once(reader, "close")]).then(([[code]]) => {
    return { code: code as number | null, errors };
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const wrote = (beginning: string) =>
    new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (lines.some((line) => line.startsWith(beginning))) resolve();
      };
      reader.on("line", look);
      reader.on("close", () => reject(new Error(`The peer ended before it wrote ${beginning}: ${errors}`)));
      look();
    });
  return { process: child, lines, ended, wrote };
}

/** Starts as many peers, lets all begin at one moment, and gathers what they wrote. */
export async function runPeers(
  count: number,
  job: string,
  folder: string,
  argument: (index: number) => string | number = String,
): Promise<string[]> {
  const peers = Array.from({ length: count }, (_, index) => startPeer(job, folder, argument(index)));
  await Promise.all(peers.map((peer) => peer.wrote("ready")));
  for (const peer of peers) peer.process.stdin?.end("go");
  for (const peer of peers) {
    const { code, errors } = await peer.ended;
    if (code !== 0) throw new Error(`A peer failed: ${errors}`);
  }
  return peers.flatMap((peer) => peer.lines.filter((line) => line !== "ready"));
}
