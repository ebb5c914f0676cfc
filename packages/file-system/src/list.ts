import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import {
  compareUtf8,
  type ListedRecord,
  type PageRequest,
  readWholeTrailer,
  type RecordPage,
} from "@threadstore/core/driver";
import { readCurrentVersion } from "./current-version.ts";
import { decodeName, encodeName, isHashedName, namespaceFolder } from "./keys.ts";
import { ID_FILE_NAME, type Layout } from "./layout.ts";
import { readTail } from "./segments/segment-reader.ts";
import { readFile } from "./system/read-file.ts";
import type { OpenFile } from "./system/synchronous-io.ts";
import { unlessCode } from "./system/system-error.ts";

interface ThreadEntry {
  readonly id: string;
  readonly folder: string;
}

// Threads to read before yielding to the event loop, so that a page of 1000 does not block other requests.
const READS_PER_YIELD = 16;

/** Lists the names of all threads in the namespace, but opens only those on the page. */
export async function listRecords(
  layout: Layout,
  namespace: string,
  page: PageRequest,
  signal: AbortSignal,
): Promise<RecordPage> {
  const entries = await entriesAfter(page, namespaceFolder(layout, namespace), signal);
  const records: ListedRecord[] = [];
  // Reads one record more than the page holds, because the names that follow may belong to deleted threads.
  for (let start = 0; start < entries.length && records.length <= page.limit;) {
    if (start > 0) await yieldToEventLoop();
    const end = start + Math.min(READS_PER_YIELD, page.limit + 1 - records.length);
    const listed = await Promise.all(entries.slice(start, end).map((entry) => readEntry(entry, signal)));
    records.push(...listed.filter((record) => record !== undefined));
    start = end;
  }
  if (records.length <= page.limit) return { records, next: undefined };
  records.pop();
  return { records, next: records.at(-1)?.id };
}

async function readEntry(
  { id, folder }: ThreadEntry,
  signal: AbortSignal,
): Promise<ListedRecord | undefined> {
  const current = await readCurrentVersion(folder, signal, (version, location) =>
    readWholeTrailer(
      (length) => readTail(join(folder, version), location, length),
      (tail) => tail,
    ),
  );
  return current && { id, version: current.version, tail: current.content ?? new Uint8Array() };
}

/** Returns the threads with the prefix that follow `after`, in ascending order of their ids' UTF-8 bytes. */
async function entriesAfter(
  { after, prefix }: PageRequest,
  folder: string,
  signal: AbortSignal,
): Promise<ThreadEntry[]> {
  const entries: ThreadEntry[] = [];
  for (const child of (await unlessCode(readdir(folder, { withFileTypes: true }), "ENOENT")) ?? []) {
    if (!child.isDirectory()) continue;
    const thread = join(folder, child.name);
    const id = isHashedName(child.name) ? await readId(thread, child.name, signal) : decodeName(child.name);
    if (id?.startsWith(prefix) !== true) continue;
    if (after === undefined || compareUtf8(id, after) > 0) entries.push({ id, folder: thread });
  }
  return entries.toSorted((left, right) => compareUtf8(left.id, right.id));
}

/** Reads the id of a thread with a hashed name; `undefined` if the thread is gone or the id has another name. */
async function readId(thread: string, name: string, signal: AbortSignal): Promise<string | undefined> {
  const current = await readCurrentVersion(thread, signal, async (version) => {
    const id = await readFile(join(thread, version, ID_FILE_NAME), readText);
    return { id };
  });
  const id = current?.content?.id;
  return id !== undefined && encodeName(id) === name ? id : undefined;
}

async function readText(file: OpenFile): Promise<string> {
  const bytes = Buffer.alloc(await file.size());
  return bytes.toString("utf8", 0, await file.read(bytes, 0));
}
