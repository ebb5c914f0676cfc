import { namespaceOf } from "../../operations/store-location.ts";
import { forwardOperations } from "../forward-operations.ts";
import type { DecoratedNamespace, DecoratedOperations } from "../thread-store-decorator.ts";
import { changesOfLogs } from "./change-log.ts";
import { eraseLogs } from "./erase-logs.ts";
import { headMetadata } from "./head-metadata.ts";
import { headsWithin, type KnownHeads, knownHeads } from "./known-heads.ts";
import { listLogs } from "./list-logs.ts";
import type { LogContext, SegmentedOptions } from "./log-context.ts";
import { saveLog } from "./save-log.ts";
import type { SegmentFormat, SegmentLocation } from "./segment-format.ts";
import { readThread, type SegmentedState } from "./segmented-thread.ts";

/** The heads that all views of a store share: an application may create a view for each request. */
const headsOfFormats = new WeakMap<object, KnownHeads<unknown>>();

/**
 * Returns the operations of a decorator that stores threads as logs of segments in `format`. Each save adds a segment
 * to the stored thread in a single conditional write, so it is atomic, and the inner store only writes the addition. An
 * append reads the metadata of the thread, but not its content. Each decorated store needs its own format.
 */
export function segmentedOperations<Log>(
  namespace: DecoratedNamespace,
  format: SegmentFormat<Log>,
  { maxThreadBytes }: SegmentedOptions,
): DecoratedOperations<SegmentedState<Log>> {
  const heads = headMetadata(format.name);
  // The same for the decorated view of a store and the view of the decorated store.
  const name = namespaceOf(namespace.inner) ?? namespace.name;
  const locationOf = (id: string): SegmentLocation => ({ namespace: name, id });
  const known = headsWithin(headsOf(format), name);
  const load: LogContext<Log>["load"] = async ({ id, cached, options }, call) => {
    const stored = await namespace.inner.load(id, { ...options, ...call.options() });
    if (stored === undefined) return undefined;
    const decorated = cached?.decorated;
    const isCached = decorated?.stored.version === stored.version;
    const thread = isCached
      ? { ...decorated, stored }
      : await readThread(format, heads, locationOf(id), stored);
    const log = thread.state?.written?.log;
    // An append often follows.
    if (log !== undefined) known.learn(id, stored, log);
    return thread;
  };
  const context: LogContext<Log> = { namespace, format, maxThreadBytes, heads, known, locationOf, load };
  return {
    ...forwardOperations(namespace),
    load,
    save: (save, call) => saveLog(context, save, call),
    ...changesOfLogs(context),
    async delete({ id, options }, call) {
      known.forget(id);
      return namespace.inner.delete(id, { ...options, ...call.options() });
    },
    listPage: (options, call) => listLogs(context, options, call),
    erase: (options, call) => eraseLogs(context, options, call),
  };
}

function headsOf<Log>(format: SegmentFormat<Log>): KnownHeads<Log> {
  const heads = (headsOfFormats.get(format) as KnownHeads<Log> | undefined) ?? knownHeads<Log>();
  headsOfFormats.set(format, heads);
  return heads;
}
