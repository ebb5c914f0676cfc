import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { invalidValue } from "../agent-error.ts";
import type { Thread } from "../thread.ts";
import { shortDigest } from "./short-digest.ts";

/** How many keys a thread remembers: those of its last turns that have one. */
export const MAX_KEYS = 32;

const MAX_KEY_LENGTH = 256;

/** The key of a turn, with a digest of its input. */
export interface TurnKey {
  readonly value: string;
  readonly input: string;
}

/** The key of a turn that ended, with the members of its result that the messages do not contain. */
export interface KeyRecord extends TurnKey {
  /** The index of the turn's first message. */
  readonly start: number;
  /** The index after its last message. */
  readonly end: number;
  /** Whether it was ended without an answer. */
  readonly isAbandoned: boolean;
  readonly usage: JsonObject | undefined;
  readonly finishReason: string | undefined;
  readonly refusal: string | undefined;
}

/** Returns the key of a turn with this input. Throws `INVALID_ARGUMENT`. */
export function createKey(value: unknown, input: readonly object[]): TurnKey {
  const isText = typeof value === "string" && value !== "" && value.isWellFormed();
  if (!isText || value.length > MAX_KEY_LENGTH) {
    const requirement = `a non-empty, well-formed string of at most ${MAX_KEY_LENGTH} characters`;
    throw invalidValue("INVALID_ARGUMENT", "key", requirement);
  }
  return { value, input: shortDigest(JSON.stringify(input)) };
}

/** Adds the key of a turn that ended, and forgets the oldest if there are too many. */
export function addKey(keys: readonly KeyRecord[], added: KeyRecord): readonly KeyRecord[] {
  return [...keys.filter(({ value }) => value !== added.value), added].slice(-MAX_KEYS);
}

export function writeKeys(keys: readonly KeyRecord[]): JsonObject[] {
  return keys.map(({ isAbandoned, usage, finishReason, refusal, ...key }) => ({
    ...key,
    ...(isAbandoned ? { abandoned: true } : {}),
    ...(usage === undefined ? {} : { usage }),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(refusal === undefined ? {} : { refusal }),
  }));
}

/**
 * Reads the `keys` member of a thread, which is untrusted. Leaves out records that do not fit the messages, because
 * another program changed those: a forgotten key is better than a conversation that cannot be loaded.
 */
export function readKeys(value: JsonValue | undefined, messageCount: number): readonly KeyRecord[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(-MAX_KEYS)
    .flatMap((record) => readKeyRecord(record))
    .filter(({ start, end }) => start >= 0 && start < end && end <= messageCount);
}

function readKeyRecord(record: JsonValue): KeyRecord[] {
  if (!isJsonObject(record)) return [];
  const { value, input, start, end, abandoned, usage, finishReason, refusal } = record;
  if (typeof value !== "string" || typeof input !== "string") return [];
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return [];
  return [
    {
      value,
      input,
      start: start as number,
      end: end as number,
      isAbandoned: abandoned === true,
      usage: isJsonObject(usage) ? usage : undefined,
      finishReason: typeof finishReason === "string" ? finishReason : undefined,
      refusal: typeof refusal === "string" ? refusal : undefined,
    },
  ];
}

/** Returns the record of the turn with this key that ended in a thread. */
export function findKeyRecord(
  thread: Pick<Thread, "messages" | "toJSON">,
  key: string | undefined,
): KeyRecord | undefined {
  if (key === undefined) return undefined;
  return readKeys(thread.toJSON()["keys"], thread.messages.length).find(({ value }) => value === key);
}

/** Reads the `key` member of an open turn, which is untrusted. Throws `THREAD_INVALID`. */
export function readTurnKey(key: JsonValue | undefined): TurnKey | undefined {
  if (key === undefined) return undefined;
  const { value, input } = isJsonObject(key) ? key : {};
  if (typeof value === "string" && typeof input === "string") return { value, input };
  throw invalidValue("THREAD_INVALID", "$.turn.key", "an object with the strings value and input");
}

/** Returns the records with their positions mapped to messages that were added or removed. */
export function moveKeys(keys: readonly KeyRecord[], move: (index: number) => number): readonly KeyRecord[] {
  return keys.map((key) => ({ ...key, start: move(key.start), end: move(key.end) }));
}
