import { ThreadStoreError } from "../../errors.ts";
import type { AppendResult } from "../../thread-store.ts";
import { appendOnce, type Attempt, untilSaved } from "../change-by-saving.ts";
import type {
  AppendArguments,
  DecoratedCall,
  DecoratedOperations,
  TouchArguments,
} from "../thread-store-decorator.ts";
import { type Change, change, decorated, visible, written } from "./change-result.ts";
import type { LogContext } from "./log-context.ts";
import { appendToOutline, encodeOutline } from "./outline.ts";
import { decodeHead, type HeadState, type LogHead, readHead } from "./read-head.ts";
import { saveLog } from "./save-log.ts";
import { replacedThread, type SegmentedState } from "./segmented-thread.ts";
import { touchAsItIs, touchHead, touchLoaded } from "./touch-log.ts";

/**
 * Returns the operations that change a thread without its content: they read its metadata, unless this process wrote or
 * loaded the latest version, and write a segment or new metadata. If that is not possible, they load the thread.
 */
export function changesOfLogs<Log>(
  context: LogContext<Log>,
): Pick<DecoratedOperations<SegmentedState<Log>>, "append" | "touch"> {
  const whole = {
    load: context.load,
    save: (save: Parameters<typeof saveLog<Log>>[1], call: DecoratedCall) => saveLog(context, save, call),
  };
  return {
    append: (append, call) =>
      untilSaved(call, async (earlier) => {
        const { head } = await currentHead(context, append, earlier, call);
        const attempt = head === undefined ? "rejected" : await appendSegment(context, append, head, call);
        return attempt === "rejected" ? appendOnce(whole, append, call) : attempt;
      }),
    async touch(touch, call) {
      // The result contains the metadata. Sealed ones are decoded before the write, which must not fail after it.
      const isPlain = touch.options.metadata === undefined && context.format.metadata.isPlain;
      if (isPlain) return touchAsItIs(context, touch, call);
      return untilSaved(call, async (earlier) => {
        const { head } = await currentHead(context, touch, earlier, call);
        const attempt = head === undefined ? "rejected" : await touchHead(context, touch, head, call);
        return attempt === "rejected" ? touchLoaded(context, touch, call) : attempt;
      });
    },
  };
}

/** Returns the head that this process wrote or loaded, or reads it. */
async function currentHead<Log>(
  context: LogContext<Log>,
  { id, previous }: Pick<TouchArguments<SegmentedState<Log>>, "id" | "previous">,
  earlierAttempts: number,
  call: DecoratedCall,
): Promise<HeadState<Log>> {
  const known = earlierAttempts === 0 ? context.known.get(id) : undefined;
  const isUsable = known !== undefined && (previous === undefined || previous.version === known.version);
  if (isUsable) return decodeHead(context, id, known);
  return readHead(context, id, call);
}

/**
 * Appends a segment. Resolves with `undefined` if another writer was first and the call may start over, and with
 * `"rejected"` if only a load tells what to do: the append is invalid, unless the thread remembers its key, or the log
 * must be started again.
 */
async function appendSegment<Log>(
  context: LogContext<Log>,
  append: AppendArguments<SegmentedState<Log>>,
  head: LogHead<Log>,
  call: DecoratedCall,
): Promise<Attempt<AppendResult> | "rejected"> {
  const { format, maxThreadBytes = Number.POSITIVE_INFINITY } = context;
  const { elementsText, previous } = append;
  const appended = appendToOutline(head.outline, elementsText);
  const isStale = previous !== undefined && previous.version !== head.version;
  if (head.log === undefined || appended === undefined || isStale || format.isFull(head.log)) {
    return "rejected";
  }
  if (appended.outline.size > maxThreadBytes) return "rejected";
  const replaced = replacedThread(head, head.outline);
  const { splice, outline } = appended;
  const next = await format.write(head.log, { splice, outline: encodeOutline(outline), replaced });
  const metadata = append.options.metadata ?? head.metadata;
  const end = { version: head.version, outline, metadata, log: next.log };
  try {
    return await change(context, append, () => writeSegments(context, append, next.segments, end, call));
  } catch (error) {
    // The log is too large for the inner store. A new one may not be.
    if (ThreadStoreError.is(error, "TOO_LARGE")) return "rejected";
    throw error;
  }
}

async function writeSegments<Log>(
  context: LogContext<Log>,
  { id, options }: AppendArguments<SegmentedState<Log>>,
  segments: Parameters<LogContext<Log>["namespace"]["inner"]["append"]>[1],
  end: Change<Log> & { readonly log: Log },
  call: DecoratedCall,
): Promise<AppendResult> {
  const { format, heads, namespace, locationOf } = context;
  const encoded = await format.metadata.encode(locationOf(id), end.metadata);
  const { create: _create, ...kept } = options;
  const result = await namespace.inner.append(id, segments, {
    ...kept,
    ...call.options(),
    metadata: heads.join(encoded, { outline: encodeOutline(end.outline), head: format.head(end.log) }),
    ...decorated(heads, options),
    previous: end.version,
  });
  // An append that repeats an earlier one wrote nothing.
  return result.appended ? written(context, id, result, end) : visible(context, id, result);
}
