import { canonicalJson, isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { ThreadContent } from "../conversation-thread.ts";

/** The note in a conversation about a message that the model's service rejected. */
export interface Mark {
  /**
   * For a question: how often the service rejected it. It is not sent again, unless it is retried. The number is 0 for a
   * question before the answer to an earlier one, which the service may never have accepted.
   */
  readonly times?: number;
  /**
   * Whether the question was edited, or is to be answered again, since it was rejected. Always true if no rejection was
   * noted.
   */
  readonly isRetried?: boolean;
  /** For an answer: the ids of the calls whose results are not sent again. */
  readonly results?: readonly string[];
  /** The id of the question whose rejection had the effect that only the portable content of this message is sent. */
  readonly portableSince?: string;
}

/** The marks of messages by their ids. */
export type Marks = ReadonlyMap<string, Mark>;

/** The member of the thread with the marks. */
const REJECTED = "rejected";

/** Reads the marks of a stored thread, which is untrusted. */
export function readMarks({ extra }: ThreadContent): Marks {
  const stored = extra[REJECTED];
  if (!isJsonObject(stored)) return new Map();
  return new Map(
    Object.entries(stored).flatMap(([id, mark]) => (isJsonObject(mark) ? [[id, toMark(mark)]] : [])),
  );
}

function toMark({ times, retried, results, portableSince }: JsonObject): Mark {
  return {
    ...(isCount(times) && (times > 0 || retried === true) ? { times, isRetried: retried === true } : {}),
    ...(isIds(results) ? { results } : {}),
    ...(typeof portableSince === "string" ? { portableSince } : {}),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === "string");
}

/** Returns the content with these marks. Those of messages that it does not have are left out. */
export function withMarks(content: ThreadContent, marks: Marks): ThreadContent {
  const ids = new Set(content.messages.map(({ id }) => id));
  const entries = [...marks].flatMap(([id, { times, isRetried, results, portableSince }]) => {
    const mark = {
      ...(times === undefined ? {} : { times }),
      ...(times !== undefined && isRetried === true ? { retried: true } : {}),
      ...(results === undefined ? {} : { results: [...results] }),
      ...(portableSince === undefined ? {} : { portableSince }),
    };
    return ids.has(id) && Object.keys(mark).length > 0 ? [[id, mark] as const] : [];
  });
  const { [REJECTED]: previous, ...extra } = content.extra;
  if (entries.length === 0) return previous === undefined ? content : { ...content, extra };
  return { ...content, extra: { ...extra, [REJECTED]: Object.fromEntries(entries) } };
}

/** Returns whether a question is not sent again. */
export function isLeftOut(mark: Mark | undefined): boolean {
  return mark?.times !== undefined && mark.isRetried !== true;
}

/** Returns whether a question is sent again, and the service has not accepted it yet. */
export function isSentAgain(mark: Mark | undefined): boolean {
  return mark?.times !== undefined && mark.isRetried === true;
}

/** Returns the content after a question was edited, or is to be answered again. It is sent again. */
export function withRetried(content: ThreadContent, id: unknown): ThreadContent {
  const marks = readMarks(content);
  const mark = typeof id === "string" ? marks.get(id) : undefined;
  if (typeof id !== "string" || !isLeftOut(mark)) return content;
  return withMarks(content, new Map([...marks, [id, { ...mark, isRetried: true }]]));
}

/**
 * Returns the changed content, in which questions that differ from the previous ones are sent again. The marks of removed
 * messages are removed, because another message can get the same id.
 */
export function withEdited(previous: ThreadContent, changed: ThreadContent): ThreadContent {
  const marks = readMarks(changed);
  const ids = new Set(changed.messages.map(({ id }) => id));
  const remaining = [...marks.keys()].every((id) => ids.has(id)) ? changed : withMarks(changed, marks);
  return [...marks].reduce((content, [id, mark]) => {
    if (!isLeftOut(mark)) return content;
    const [before, after] = [previous, changed].map(({ messages }) =>
      messages.find((message) => message["id"] === id),
    );
    if (before === undefined || after === undefined || canonicalJson(before) === canonicalJson(after))
      return content;
    return withRetried(content, id);
  }, remaining);
}
