import type { Splice, StoredLog } from "@threadstore/core/decorator";
import type { Codec } from "../codec/codec.ts";
import { type CompressionOptions, resolveOptions } from "../options.ts";
import { compressionFormat } from "./compression-format.ts";
import type { CompressionLog } from "./compression-log.ts";

export const LOCATION = { namespace: "", id: "a" };
const OUTLINE = "2";
const REPLACED = { version: "1", updatedAt: new Date(0), size: 2 };

export type Format = ReturnType<typeof compressionFormat>;

export function formatOf(codec?: Codec, options: CompressionOptions = {}): Format {
  return compressionFormat(resolveOptions(options, codec));
}

/** A log that is written segment by segment. */
export interface TestLog {
  readonly stored: StoredLog;
  readonly log: CompressionLog;
}

export async function startLog(format: Format, json: string): Promise<TestLog> {
  const { log, segments } = await format.start(LOCATION, { json, outline: OUTLINE }, undefined);
  return { log, stored: { header: format.header(log), segments, head: format.head(log), outline: OUTLINE } };
}

export async function addTo({ log, stored }: TestLog, format: Format, splice: Splice): Promise<TestLog> {
  const written = await format.write(log, { splice, outline: OUTLINE, replaced: REPLACED });
  const segments = [...stored.segments, ...written.segments];
  return { log: written.log, stored: { ...stored, segments, head: format.head(written.log) } };
}

/** Continues the log without its context, as an append by another process does. */
export async function resumed({ stored }: TestLog, format: Format): Promise<TestLog> {
  const log = await format.resume(LOCATION, stored);
  if (log === undefined) throw new Error("Every head can be resumed.");
  return { log, stored };
}
