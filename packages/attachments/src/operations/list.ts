import type { ListOptions, ThreadPage, ThreadSummary } from "@threadstore/core";
import { metadataAndSize } from "../format/names.ts";
import type { Place } from "../place.ts";

/** A page of the threads. Their sizes with attachments are among the metadata, so these are always asked for. */
export async function listThreads({ threads }: Place, options: ListOptions): Promise<ThreadPage> {
  const page = await threads.listPage({ ...options, metadata: true });
  const withMetadata = Boolean(options.metadata);
  return { ...page, threads: page.threads.map((summary) => summaryOf(summary, withMetadata)) };
}

function summaryOf(stored: ThreadSummary, withMetadata: boolean): ThreadSummary {
  if (stored.corrupt) return stored;
  const { metadata: all = {}, ...summary } = stored;
  const { metadata, size = summary.size } = metadataAndSize(all);
  return { ...summary, size, ...(withMetadata ? { metadata } : {}) };
}
