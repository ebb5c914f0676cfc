import { canonicalJson, type JsonObject } from "@threadstore/core/documents";
import type { ThreadContent } from "../conversation-thread.ts";
import { partsOf } from "../page-form.ts";
import { isLeftOut, isSentAgain, type Mark, type Marks, readMarks, withMarks } from "./marks.ts";

/** An answer that the model's service gave. */
export interface GivenAnswer {
  readonly id: string;
  /** The question that it answers. Other requests can have stored more questions before the answer. */
  readonly questionId: string | undefined;
  /** The messages that the turn began with. */
  readonly source: ThreadContent | undefined;
}

/**
 * Returns the content after a step of an answer: its service has accepted the question, questions that were sent again,
 * and the results before the step. It did not receive questions that other requests stored meanwhile.
 */
export function noteAnswer(content: ThreadContent, answer: GivenAnswer): ThreadContent {
  const marks = readMarks(content);
  const changed = [...acceptedMarks(content, answer, marks), ...unsentMarks(content, answer, marks)];
  return changed.length === 0 ? content : withMarks(content, new Map([...marks, ...changed]));
}

function acceptedMarks(content: ThreadContent, answer: GivenAnswer, marks: Marks): [string, Mark][] {
  const sent: Marks = answer.source === undefined ? new Map() : readMarks(answer.source);
  return [...marks].flatMap(([id, mark]): [string, Mark][] => {
    if (id === answer.id) return wereAccepted(content, id, mark, sent) ? [[id, withoutResults(mark)]] : [];
    const wasSent = isSentAgain(mark) && !isLeftOut(sent.get(id)) && isUnchanged(content, answer.source, id);
    const isAccepted = id === answer.questionId || wasSent;
    return isAccepted && mark.times !== undefined ? [[id, withoutTimes(mark)]] : [];
  });
}

/**
 * Returns the marks of questions between the previous answer and this one that the turn did not send. Otherwise, they
 * would count as accepted because an answer follows, although the process that sent them may have died before it could
 * note their rejection.
 */
function unsentMarks(
  { messages }: ThreadContent,
  { id: answerId, source }: GivenAnswer,
  marks: Marks,
): [string, Mark][] {
  const before = messages.slice(
    0,
    messages.findIndex(({ id }) => id === answerId),
  );
  const start = before.findLastIndex(({ role }) => role === "assistant") + 1;
  return before.slice(start).flatMap(({ id, role }): [string, Mark][] => {
    if (source === undefined || role !== "user" || typeof id !== "string") return [];
    const mark = marks.get(id);
    const isUnsent = mark?.times === undefined && messageOf(source, id) === undefined;
    return isUnsent ? [[id, { ...mark, times: 0, isRetried: true }]] : [];
  });
}

function isUnchanged(content: ThreadContent, source: ThreadContent | undefined, id: string): boolean {
  const [message, sent] = [messageOf(content, id), messageOf(source, id)];
  return message !== undefined && sent !== undefined && canonicalJson(message) === canonicalJson(sent);
}

function messageOf(content: ThreadContent | undefined, id: string): JsonObject | undefined {
  return content?.messages.find((message) => message["id"] === id);
}

/** Returns whether the answer continues after results that another request blamed while this one sent them. */
function wereAccepted(content: ThreadContent, id: string, { results }: Mark, sent: Marks): boolean {
  if (results === undefined || sent.get(id)?.results !== undefined) return false;
  const parts = partsOf(messageOf(content, id) ?? {});
  const end = parts.findLastIndex(({ toolCallId }) => results.some((callId) => callId === toolCallId)) + 1;
  return parts.slice(end).some(({ type }) => type !== "step-start");
}

function withoutResults({ results: _results, ...mark }: Mark): Mark {
  return mark;
}

function withoutTimes({ times: _times, isRetried: _isRetried, ...mark }: Mark): Mark {
  return mark;
}
