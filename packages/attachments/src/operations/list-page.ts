import type { ListOptions, ThreadPage, ThreadSummary } from "@threadstore/core";
import type { DecoratedCall } from "@threadstore/core/decorator";
import { escapeMetadata, metadataAndSize } from "../format/names.ts";
import type { NamespaceContext } from "../thread-context.ts";

/** Lists a page of threads. Always requests metadata, which contains the sizes of threads with attachments. */
export async function listPage(
  { threads }: NamespaceContext,
  options: ListOptions,
  call: DecoratedCall,
): Promise<ThreadPage> {
  const where = escapeMetadata(options.where ?? {});
  const page = await threads.listPage({ ...options, where, metadata: true, ...call.options() });
  const withMetadata = Boolean(options.metadata);
  return { ...page, threads: page.threads.map((summary) => restoreSummary(summary, withMetadata)) };
}

function restoreSummary(stored: ThreadSummary, withMetadata: boolean): ThreadSummary {
  if (stored.corrupt) return stored;
  const { metadata: storedMetadata = {}, ...summary } = stored;
  const { metadata, size = summary.size } = metadataAndSize(storedMetadata);
  return { ...summary, size, ...(withMetadata ? { metadata } : {}) };
}
