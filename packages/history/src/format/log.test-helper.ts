import type { JsonValue } from "@threadstore/core";
import { type ReplacedThread, spliceBetween, type StoredLog } from "@threadstore/core/decorator";
import { type KeepOptions, resolveOptions } from "../options.ts";
import { historyFormat } from "./history-format.ts";
import type { Log } from "./log.ts";

export const LOCATION = { namespace: "", id: "a" };

/** A log that grows in memory as it would in a store. Its versions are `v0`, `v1` and so on. */
export class TestLog {
  readonly format: ReturnType<typeof historyFormat>;
  /** How many saves have started a log. */
  starts = 0;
  #log: Log | undefined;
  #segments: readonly JsonValue[] = [];
  #replaced: (ReplacedThread & { readonly json: string }) | undefined;
  #saves = 0;
  readonly #now: () => number;

  constructor(keep: KeepOptions = {}, now: () => number = () => 0) {
    this.#now = now;
    this.format = historyFormat(resolveOptions({ keep, now }));
  }

  get log(): Log {
    if (this.#log === undefined) throw new Error("Nothing has been saved.");
    return this.#log;
  }

  /** The log as a store returns it. */
  get stored(): StoredLog {
    const { format, log } = this;
    const stored = {
      header: format.header(log),
      segments: this.#segments,
      head: format.head(log),
      outline: "9",
    };
    return JSON.parse(JSON.stringify(stored)) as StoredLog;
  }

  async save(json: string): Promise<void> {
    const written =
      this.#log === undefined || this.format.isFull(this.#log)
        ? await this.#start(json)
        : await this.#write(json);
    this.#log = written.log;
    this.#segments = written.segments;
    const size = Buffer.byteLength(json);
    this.#replaced = { json, version: `v${this.#saves}`, updatedAt: new Date(this.#now()), size };
    this.#saves += 1;
  }

  #start(json: string): ReturnType<TestLog["format"]["start"]> {
    this.starts += 1;
    const { stored, log } = { stored: this.#log && this.stored, log: this.#log };
    const thread = this.#replaced;
    const replaced = log && stored && thread && { log, stored: () => stored, thread };
    return this.format.start(LOCATION, { json, outline: "9" }, replaced);
  }

  async #write(json: string): ReturnType<TestLog["format"]["write"]> {
    const replaced = this.#replaced;
    if (replaced === undefined) throw new Error("Nothing has been saved.");
    const change = { splice: spliceBetween(replaced.json, json), outline: "9", replaced };
    const { log, segments } = await this.format.write(this.log, change);
    return { log, segments: [...this.#segments, ...segments] };
  }
}

/** Saves the texts one after the other. */
export async function logOfTexts(
  texts: readonly string[],
  keep?: KeepOptions,
  now?: () => number,
): Promise<TestLog> {
  const log = new TestLog(keep, now);
  for (const text of texts) await log.save(text);
  return log;
}
