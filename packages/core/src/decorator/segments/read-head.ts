import type { ThreadMetadata, Version } from "../../thread-store.ts";
import type { DecoratedCall } from "../thread-store-decorator.ts";
import type { WrittenHead } from "./known-heads.ts";
import type { LogContext } from "./log-context.ts";
import { decodeOutline, type Outline } from "./outline.ts";
import { corruptLog } from "./segmented-thread.ts";

/** A thread whose content was not read. */
export interface LogHead<Log> {
  readonly version: Version;
  readonly updatedAt: Date;
  /** The metadata as callers see them. */
  readonly metadata: ThreadMetadata;
  readonly outline: Outline;
  /** The end of the log; `undefined` if it cannot be continued without loading the thread. */
  readonly log: Log | undefined;
}

/**
 * The head of a thread, if it could be read; `unknown` if its metadata could not be found, so that it must be loaded.
 */
export type HeadState<Log> =
  | { readonly state: "live"; readonly head: LogHead<Log> }
  | { readonly state: "missing" | "corrupt" | "unknown"; readonly head?: undefined };

/** Reads the metadata of a thread, but not its content. */
export async function readHead<Log>(
  context: LogContext<Log>,
  id: string,
  call: DecoratedCall,
): Promise<HeadState<Log>> {
  const { inner } = context.namespace;
  const page = await inner.listPage({ prefix: id, limit: 1, metadata: true, ...call.options() });
  const [summary] = page.threads;
  // A backend decides itself where some ids come in the order, and a page can be empty although others follow.
  if (summary === undefined) return { state: page.cursor === undefined ? "missing" : "unknown" };
  if (summary.id !== id) return { state: "unknown" };
  if (summary.corrupt) return { state: "corrupt" };
  const { version, updatedAt, metadata = {} } = summary;
  return decodeHead(context, id, { version, updatedAt, metadata, log: undefined });
}

/** Decodes the metadata of a thread. Rejects with `CORRUPT`. */
export async function decodeHead<Log>(
  { format, heads, locationOf }: LogContext<Log>,
  id: string,
  { version, updatedAt, metadata: stored, log: written }: WrittenHead<Log>,
): Promise<HeadState<Log>> {
  const location = locationOf(id);
  const { metadata: encoded, end } = heads.split(stored);
  if (end === undefined) return { state: "unknown" };
  const outline = decodeOutline(end.outline);
  if (outline === undefined) throw corruptLog(format.name);
  const metadata = await format.metadata.decode(location, encoded);
  const log = written ?? (await format.resume(location, end));
  // If versions are kept, a touch must not save the thread to start a new log: it would add a version.
  const isUsable = log !== undefined && (format.keepsVersions || !format.isFull(log));
  return {
    state: "live",
    head: { version, updatedAt, metadata, outline, log: isUsable ? log : undefined },
  };
}
