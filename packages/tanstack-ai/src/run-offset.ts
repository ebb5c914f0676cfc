import { StreamError } from "@threadstore/http/streams";

/** A position in a run: after its first `count` chunks. */
export interface RunOffset {
  readonly runId: string;
  count: number;
}

/**
 * Returns an offset as pages send it back. It contains the id of the run, because a page that reconnects may only send
 * the offset.
 */
export function formatOffset({ runId, count }: RunOffset): string {
  return `${encodeURIComponent(runId)}:${count}`;
}

/** Reads an offset. Throws `INVALID_ARGUMENT`. */
export function readOffset(offset: string): RunOffset {
  const [, name = "", count = ""] = /^([^:]+):(\d{1,9})$/u.exec(offset) ?? [];
  try {
    if (name !== "" && count !== "") return { runId: decodeURIComponent(name), count: Number(count) };
  } catch {
    // It is not encoded.
  }
  const message = "`offset` must be the offset of a chunk, -1 or now.";
  throw new StreamError("INVALID_ARGUMENT", message, { path: "offset" });
}
