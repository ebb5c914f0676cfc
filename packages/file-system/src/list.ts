import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import {
  entriesAfter,
  type ListedRecord,
  type ListingRests,
  type PageRequest,
  positionOf,
  readWholeTrailer,
  type RecordPage,
} from "@threadstore/core/driver";
import { listVersions, readCurrentVersion } from "./current-version.ts";
import { decodeName, encodeName, isHashedName, namespaceFolder } from "./keys.ts";
import { ID_FILE_NAME, type Layout } from "./layout.ts";
import { readTail } from "./segments/segment-reader.ts";
import { readFile } from "./system/read-file.ts";
import type { OpenFile } from "./system/synchronous-io.ts";
import { unlessCode } from "./system/system-error.ts";
import { timeOf } from "./version.ts";

export interface ThreadEntry {
  readonly id: string;
  readonly folder: string;
  /** When the current version was saved; 0 in a listing by id. */
  readonly updatedAt: number;
}

/** A folder, and what is left of the listings of its namespaces. */
export interface ListedFolder {
  readonly layout: Layout;
  readonly rests: ListingRests<ThreadEntry>;
}

// Before yielding to the event loop, so that a page of 1000 or a large namespace does not block other requests.
const READS_PER_YIELD = 16;
const NAMES_PER_YIELD = 64;

/**
 * Lists the names of all threads in the namespace, but opens only those on the page. By recency, it also lists the names
 * of their versions, which contain the times.
 */
export async function listRecords(
  { layout, rests }: ListedFolder,
  namespace: string,
  page: PageRequest,
  signal: AbortSignal,
): Promise<RecordPage> {
  const entries =
    rests.find(namespace, page) ?? (await entriesOf(page, namespaceFolder(layout, namespace), signal));
  const records: { readonly record: ListedRecord; readonly entry: ThreadEntry }[] = [];
  // Reads one record more than the page holds, because the names that follow may belong to deleted threads.
  let start = 0;
  while (start < entries.length && records.length <= page.limit) {
    if (start > 0) await yieldToEventLoop();
    const end = start + Math.min(READS_PER_YIELD, page.limit + 1 - records.length);
    const listed = await Promise.all(
      entries.slice(start, end).map(async (entry) => ({ entry, record: await readEntry(entry, signal) })),
    );
    for (const { entry, record } of listed) {
      if (record !== undefined && isAtPosition(entry, record)) records.push({ entry, record });
    }
    start = end;
  }
  const last = records.length > page.limit ? records[page.limit - 1] : undefined;
  const position = last && positionOf(last.entry, page.order);
  // The record after the page is the last one that was read.
  rests.keep(namespace, page, { position, entries: entries.slice(start - 1) });
  return { records: records.slice(0, page.limit).map(({ record }) => record), next: position };
}

/** Since the listing began, a thread may have been saved, and thus have another position. */
function isAtPosition({ updatedAt }: ThreadEntry, { version }: ListedRecord): boolean {
  return updatedAt === 0 || updatedAt === timeOf(version);
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

/** Returns the threads with the prefix that follow the page's `after`, in its order. */
async function entriesOf(
  { after, order, prefix }: PageRequest,
  folder: string,
  signal: AbortSignal,
): Promise<ThreadEntry[]> {
  const entries: ThreadEntry[] = [];
  for (const child of (await unlessCode(() => readdir(folder, { withFileTypes: true }), "ENOENT")) ?? []) {
    if (!child.isDirectory()) continue;
    const thread = join(folder, child.name);
    const id = isHashedName(child.name) ? await readId(thread, child.name, signal) : decodeName(child.name);
    if (id?.startsWith(prefix) !== true) continue;
    const needsTime = { id: false, updated: true }[order];
    const updatedAt = needsTime ? await readTime(thread) : 0;
    if (updatedAt !== undefined) entries.push({ id, folder: thread, updatedAt });
    if (!needsTime || entries.length % NAMES_PER_YIELD !== 0) continue;
    await yieldToEventLoop();
    signal.throwIfAborted();
  }
  return entriesAfter(entries, { after, order });
}

/** Returns when the current version of a thread was saved; `undefined` if the thread does not exist. */
async function readTime(thread: string): Promise<number | undefined> {
  // A listing during a rename may show the old name, the new one, both or none.
  let versions = await listVersions(thread);
  if (versions?.length === 0) versions = await listVersions(thread);
  return versions === undefined || versions.length === 0 ? undefined : Math.max(...versions.map(timeOf));
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
