import type { StorageThreadType } from "@mastra/core/memory";
import {
  calculatePagination,
  jsonValueEquals,
  normalizePerPage,
  type StorageListThreadsInput,
  type StorageListThreadsOutput,
} from "@mastra/core/storage";
import type { ThreadSummary } from "@threadstore/core";
import { invalidArgument, MastraMemoryError } from "./mastra-memory-error.ts";
import { threadOf } from "./thread-metadata.ts";
import type { ThreadRecords } from "./thread-records.ts";

const DEFAULT_PER_PAGE = 100;

/** How a listing is sorted. */
export interface ThreadOrder {
  readonly field: "createdAt" | "updatedAt";
  readonly direction: "ASC" | "DESC";
}

/** Lists threads without reading their messages. The page and the filter have been checked. */
export async function listThreads(
  records: ThreadRecords,
  { page = 0, perPage: requested, filter }: StorageListThreadsInput,
  order: ThreadOrder,
): Promise<StorageListThreadsOutput> {
  const { resourceId, metadata = {} } = filter ?? {};
  const wanted = Object.entries(metadata);
  const threads: StorageThreadType[] = [];
  for await (const summary of records.list(resourceId || undefined)) {
    const thread = readableThread(summary);
    if (
      thread !== undefined &&
      wanted.every(([key, value]) => jsonValueEquals(thread.metadata?.[key], value))
    ) {
      threads.push(thread);
    }
  }
  threads.sort((a, b) => compareThreads(a, b, order));
  const pageSize = normalizePerPage(requested, DEFAULT_PER_PAGE);
  const { offset, perPage } = calculatePagination(page, requested, pageSize);
  const total = threads.length;
  const selected = threads.slice(offset, offset + pageSize);
  return { threads: selected, total, page, perPage, hasMore: offset + selected.length < total };
}

/** Returns `undefined` for a thread that is corrupt or not a thread of Mastra, so that the others can be listed. */
function readableThread(summary: ThreadSummary): StorageThreadType | undefined {
  if (summary.corrupt) return undefined;
  try {
    return threadOf(summary);
  } catch (error) {
    if (MastraMemoryError.is(error)) return undefined;
    throw error;
  }
}

/** Compares by time, and threads of the same time by id, so that pages neither repeat nor omit threads. */
function compareThreads(
  a: StorageThreadType,
  b: StorageThreadType,
  { field, direction }: ThreadOrder,
): number {
  const difference = a[field].getTime() - b[field].getTime();
  if (difference !== 0) return direction === "ASC" ? difference : -difference;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Throws `INVALID_ARGUMENT` with the message of one of the SDK's own checks. */
export function checkedBySdk(path: string, requirement: string, check: () => void): void {
  try {
    check();
  } catch {
    throw invalidArgument(path, requirement);
  }
}
