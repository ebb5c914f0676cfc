import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Version } from "@threadstore/core";
import {
  ALL_BY_ID,
  asyncDriver,
  DriverError,
  type DriverOptions,
  type RecordToWrite,
  type AsyncThreadDriver,
  type ThreadKey,
} from "@threadstore/core/driver";
import { onTestFinished } from "vitest";
import { fileSystemDriver } from "./file-system-store.ts";
import { threadFolder } from "./keys.ts";
import { createLayout, segmentFileName } from "./layout.ts";
import type { FileSystemDriverOptions } from "./options.ts";
import { readContent } from "./segments/segment-reader.ts";
import { wholeRecordFrame } from "./segments/segment-writer.ts";
import { locationOf, newVersion, timeOf } from "./version.ts";

/** Creates a folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Creates the driver of a store, with methods that return promises. */
export function openDriver(options: FileSystemDriverOptions): AsyncThreadDriver {
  return asyncDriver(fileSystemDriver(options));
}

export interface Fixture {
  readonly parent: string;
  /** The store's folder. Neither it nor the folder between it and `parent` exists yet. */
  readonly folder: string;
  readonly driver: AsyncThreadDriver;
}

/** Creates a driver on a new folder that is removed after the test. */
export async function createFixture(): Promise<Fixture> {
  const parent = await temporaryFolder();
  const folder = join(parent, "a", "store");
  return { parent, folder, driver: openDriver({ folder }) };
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
    updatedAt: 0,
    changedMetadata: {},
  };
}

/** Options of a driver call that is never aborted. */
export const options: DriverOptions = { signal: new AbortController().signal };

/** Writes a record and returns its version. Fails if `expectedVersion` is not current. */
export async function writeText(
  driver: AsyncThreadDriver,
  key: ThreadKey,
  text: string,
  expectedVersion?: Version,
): Promise<Version> {
  const version = await driver.write(key, recordOf(text), expectedVersion, options);
  if (version === undefined) throw new Error("The expected version is not current.");
  return version;
}

export async function textOf(driver: AsyncThreadDriver, key: ThreadKey): Promise<string | undefined> {
  const storedRecord = await driver.read(key, undefined, options);
  return storedRecord && Buffer.from(storedRecord.bytes ?? []).toString();
}

export async function listIds(driver: AsyncThreadDriver, namespace = ""): Promise<string[]> {
  const page = await driver.list(namespace, { ...ALL_BY_ID, limit: 1000 }, options);
  return page.records.map((record) => record.id);
}

/** Returns the `DriverError` that a call rejects with. Fails if the call resolves or rejects with anything else. */
export async function driverErrorFrom(call: Promise<unknown>): Promise<DriverError> {
  const error: unknown = await call.then(
    () => new Error("The call succeeded."),
    (reason: unknown) => reason,
  );
  if (!DriverError.is(error)) throw error;
  return error;
}

/** Returns the file that a version's record ends in, relative to the store's folder. */
export function segmentPath(version: string, id = "thread"): string {
  return join("threads", id, version, segmentFileName(locationOf(version)?.segment ?? "none"));
}

/** Replaces a thread's record with a changed one, without using the store. */
export async function rewriteRecord(
  root: string,
  id: string,
  change: (record: Uint8Array) => Uint8Array,
): Promise<void> {
  const thread = threadFolder(createLayout(root), keyOf(id));
  const [version = ""] = await readdir(thread);
  const location = locationOf(version) ?? { segment: "none", end: 0 };
  const { content, end } = wholeRecordFrame(change(await readContent(join(thread, version), location)));
  await writeFile(join(thread, version, segmentFileName(location.segment)), content);
  await rename(join(thread, version), join(thread, newVersion({ ...location, end }, timeOf(version))));
}

/** Returns the paths of all files below a folder, relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

export interface Child {
  readonly process: ChildProcess;
  /** The lines that the process has written so far. */
  readonly lines: string[];
  readonly ended: Promise<{ code: number | null; errors: string }>;
  /** Resolves when the process has written a line with this beginning. */
  wrote(beginning: string): Promise<void>;
}

const CHILD_PROGRAM = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** Starts a child process with one of the tasks of processes-child.test-helper.ts. */
export function startChild(
  task: string,
  folder: string,
  argument: string | number = "",
  launcher: string[] = [],
): Child {
  const program = [process.execPath, CHILD_PROGRAM, task, folder, String(argument)];
  const [command = "", ...parameters] = [...launcher, ...program];
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
      const resolveIfWritten = (): void => {
        if (lines.some((line) => line.startsWith(beginning))) resolve();
      };
      reader.on("line", resolveIfWritten);
      reader.on("close", () => {
        reject(new Error(`The child process ended before it wrote "${beginning}": ${errors}`));
      });
      resolveIfWritten();
    });
  return { process: child, lines, ended, wrote };
}

/** Starts several child processes, lets all begin at the same time, and returns the lines that they wrote. */
export async function runChildren(
  count: number,
  task: string,
  folder: string,
  argument: (index: number) => string | number = String,
): Promise<string[]> {
  const children = Array.from({ length: count }, (_, index) => startChild(task, folder, argument(index)));
  await Promise.all(children.map((child) => child.wrote("ready")));
  for (const child of children) child.process.stdin?.end("go");
  for (const child of children) {
    const { code, errors } = await child.ended;
    if (code !== 0) throw new Error(`A child process failed: ${errors}`);
  }
  return children.flatMap((child) => child.lines.filter((line) => line !== "ready"));
}

/** Returns the folder of a store that creates several folders above its own. */
export function nestedFolder(fixtures: string, fixture: string): string {
  return join(fixtures, fixture, "data", "agents", "threads");
}
