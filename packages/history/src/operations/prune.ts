import type { CallOptions, StoredThread, ThreadMetadata } from "@threadstore/core";
import { DECORATED_METADATA, PRESERVED_DETAILS, type PreservedThread } from "@threadstore/core/decorator";
import { repeatAfterConflict } from "@threadstore/core/documents";
import { corruptHistory } from "../errors.ts";
import { FORMAT, HISTORY, logFrom, logOf } from "../format/history-format.ts";
import { encodeHead } from "../format/log.ts";
import type { HistoryContext } from "../history-context.ts";
import type { PruneResult } from "../history-store.ts";
import { loadHistory, type LoadedHistory } from "./load-history.ts";

/** The member of the metadata in the inner store that contains the end of the log: an outline and the head. */
const END = `.${HISTORY}`;

/** Returns the outline and the head in the metadata of the inner store; `undefined` for a thread without a log. */
export function endIn(
  metadata: ThreadMetadata,
): { readonly outline: string; readonly head: string } | undefined {
  const [outline, head] = Object.hasOwn(metadata, END) ? (metadata[END] ?? "").split(" ") : [];
  return outline === undefined || head === undefined ? undefined : { outline, head };
}

/** Removes versions that are not kept, and their text. Starts over if another client saves the thread first. */
export async function pruneThread(
  context: HistoryContext,
  id: string,
  options: CallOptions,
): Promise<PruneResult | undefined> {
  return repeatAfterConflict(async () => {
    const history = await loadHistory(context, id, options);
    if (history === undefined) return undefined;
    const { first, inner } = history;
    if (first === 0) return { versions: 0, bytes: 0 };
    const { size } = await replaceLog(context, history, options);
    return { versions: first, bytes: inner.size - size };
  }, options.signal);
}

/** Stores the thread with the versions that are kept, at the version that was loaded. */
function replaceLog(
  { inner: store }: HistoryContext,
  { inner, segments, first }: LoadedHistory,
  options: CallOptions,
): Promise<StoredThread> {
  const { log, segments: kept } = logOf(logFrom(segments, first));
  const end = endIn(inner.metadata);
  if (end === undefined) throw corruptHistory("its head is missing");
  const saving = {
    ...options,
    previous: inner,
    metadata: { ...inner.metadata, [END]: `${end.outline} ${encodeHead(log)}` },
    [DECORATED_METADATA]: [END],
    [PRESERVED_DETAILS]: (inner as PreservedThread)[PRESERVED_DETAILS],
  };
  // As text: an object must not contain escaped lone surrogates, which the text of a thread can.
  const json = JSON.stringify({ [HISTORY]: FORMAT, segments: kept });
  return store.save(inner.id, json, saving);
}
