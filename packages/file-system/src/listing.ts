import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  compareUtf8,
  type ListedRecord,
  type PageRequest,
  type RecordPage,
  TRAILER_MAX_BYTES,
} from "@threadstore/core";
import { readCurrent } from "./current.ts";
import { idFileName, type Layout, namespaceFolder } from "./layout.ts";
import { decodeName, encodeName, isHashedName } from "./names.ts";
import { readTail } from "./record-file.ts";
import { unlessCode } from "./system-error.ts";

interface ThreadEntry {
  readonly id: string;
  readonly folder: string;
}

// Threads read before the event loop turns: a page of a thousand must not keep all other requests waiting.
const readAtOnce = 16;

/** Names all threads of the namespace, and opens only those of the page. */
export async function listRecords(
  layout: Layout,
  namespace: string,
  page: PageRequest,
  signal: AbortSignal,
): Promise<RecordPage> {
  const entries = await entriesAfter(page.after, namespaceFolder(layout, namespace), signal);
  const records: ListedRecord[] = [];
  // One more than the page holds tells whether anything follows: names alone may be those of deleted threads.
  for (let start = 0; start < entries.length && records.length <= page.limit;) {
    if (start > 0) await nextTurn();
    const end = start + Math.min(readAtOnce, page.limit + 1 - records.length);
    const listed = await Promise.all(entries.slice(start, end).map((entry) => listedRecord(entry, signal)));
    records.push(...listed.filter((record) => record !== undefined));
    start = end;
  }
  if (records.length <= page.limit) return { records, next: undefined };
  records.pop();
  return { records, next: records.at(-1)?.id };
}

async function listedRecord(
  { id, folder }: ThreadEntry,
  signal: AbortSignal,
): Promise<ListedRecord | undefined> {
  const found = await readCurrent(folder, signal, (version, last) =>
    readTail(join(folder, version), last, TRAILER_MAX_BYTES),
  );
  return found && { id, version: found.version, tail: found.content ?? new Uint8Array() };
}

/** The threads behind `after`, in ascending order of their ids' UTF-8 bytes. */
async function entriesAfter(
  after: string | undefined,
  folder: string,
  signal: AbortSignal,
): Promise<ThreadEntry[]> {
  const entries: ThreadEntry[] = [];
  for (const found of (await unlessCode(readdir(folder, { withFileTypes: true }), "ENOENT")) ?? []) {
    if (!found.isDirectory()) continue;
    const thread = join(folder, found.name);
    const id = isHashedName(found.name) ? await readId(thread, found.name, signal) : decodeName(found.name);
    if (id === undefined) continue;
    if (after === undefined || compareUtf8(id, after) > 0) entries.push({ id, folder: thread });
  }
  return entries.toSorted((left, right) => compareUtf8(left.id, right.id));
}

/** The id of a thread whose folder's name is a hash; `undefined` when the thread is gone or that is not its id. */
async function readId(thread: string, name: string, signal: AbortSignal): Promise<string | undefined> {
  const found = await readCurrent(thread, signal, (version) =>
    readFile(join(thread, version, idFileName), "utf8"),
  );
  return found?.content !== undefined && encodeName(found.content) === name ? found.content : undefined;
}
