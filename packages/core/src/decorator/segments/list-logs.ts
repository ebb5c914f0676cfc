import { ThreadStoreError } from "../../errors.ts";
import type { CallOptions, ListOptions, ThreadPage, ThreadSummary } from "../../thread-store.ts";
import { matchesWhere } from "../../validation/where.ts";
import type { DecoratedCall } from "../thread-store-decorator.ts";
import type { LogContext } from "./log-context.ts";
import { decodeOutline } from "./outline.ts";

/** Lists a page of threads. Always requests metadata, which contains the sizes of threads. */
export async function listLogs<Log>(
  context: LogContext<Log>,
  { where = {}, metadata: withMetadata = false, ...options }: Omit<ListOptions, keyof CallOptions>,
  call: DecoratedCall,
): Promise<ThreadPage> {
  const { namespace, format, heads } = context;
  const isInnerFilter = format.metadata.isPlain;
  const page = await namespace.inner.listPage({
    ...options,
    where: isInnerFilter ? heads.escape(where) : {},
    metadata: true,
    ...call.options(),
  });
  const summaries = await Promise.all(page.threads.map((summary) => decodeSummary(context, summary)));
  const threads = isInnerFilter ? summaries : summaries.filter((summary) => matches(summary, where));
  return { ...page, threads: withMetadata ? threads : threads.map(withoutMetadata) };
}

/** Corrupt threads are left out of filtered listings. */
function matches(
  { corrupt, metadata = {} }: ThreadSummary,
  where: NonNullable<ListOptions["where"]>,
): boolean {
  if (Object.keys(where).length === 0) return true;
  return !corrupt && matchesWhere(metadata, where);
}

function withoutMetadata(summary: ThreadSummary): ThreadSummary {
  if (summary.corrupt) return summary;
  const { metadata: _metadata, ...others } = summary;
  return others;
}

/** Returns a summary as callers see it; a corrupt one if its metadata cannot be decoded. */
async function decodeSummary<Log>(
  { format, heads, locationOf }: LogContext<Log>,
  summary: ThreadSummary,
): Promise<ThreadSummary> {
  if (summary.corrupt) return summary;
  const { metadata: stored = {}, ...details } = summary;
  const location = locationOf(summary.id);
  try {
    const { metadata, end } = heads.split(stored);
    if (end === undefined) {
      format.acceptPlainThread(location);
      return { ...details, metadata };
    }
    const { size } = decodeOutline(end.outline) ?? summary;
    return { ...details, size, metadata: await format.metadata.decode(location, metadata) };
  } catch (error) {
    if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
    return { corrupt: true, id: summary.id, version: summary.version };
  }
}
