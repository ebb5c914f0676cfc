import type { JsonObject } from "@threadstore/core/documents";
import type { ThreadContent } from "../conversation-thread.ts";
import { isCall, isData, partsOf } from "../page-form.ts";
import { isFinished } from "../repair/call-order.ts";
import { isLeftOut, isSentAgain, type Mark, type Marks, readMarks, withMarks } from "./marks.ts";
import type { Rejection } from "./rejection.ts";

/** The doubt about rejected questions from which on older messages are to blame: two texts, or four files. */
const MAX_DOUBT = 4;

/** The share of a request from which on a message is the reason why the request is too long. */
const LARGE_SHARE = 1 / 4;

interface Located {
  readonly id: string;
  readonly message: JsonObject;
  readonly mark: Mark | undefined;
}

/** The messages of a rejected request. */
interface RejectedRequest {
  /** The messages that the service has accepted before. */
  readonly accepted: readonly Located[];
  /** The messages that it has not accepted yet, the newest first. */
  readonly unaccepted: readonly [Located, ...Located[]];
  /** The ids of all messages of the conversation. */
  readonly ids: ReadonlySet<unknown>;
}

/**
 * Returns the content after a request was rejected whose last message is `lastId`. Messages
 * that the service has never accepted are not sent again: the question, and questions before it that do not have an
 * answer, because a process may have died before it noted their rejection; or the unread results of an answer.
 *
 * Old messages can become unacceptable, too, for example if a URL expires. If the service rejects several
 * questions in a row, only the portable content of all older messages is sent. If that does not help, they are sent in
 * full again.
 */
export function noteRejection(content: ThreadContent, lastId: string, rejection: Rejection): ThreadContent {
  const request = toRequest(content, lastId);
  if (request === undefined) return content;
  const blamed = blame(request, rejection);
  return withMarks(content, new Map([...readMarks(content), ...blamed]));
}

function idOf(message: JsonObject | undefined): string {
  const { id } = message ?? {};
  return typeof id === "string" ? id : "";
}

function toRequest(content: ThreadContent, lastId: string): RejectedRequest | undefined {
  const marks = readMarks(content);
  const end = content.messages.findIndex(({ id }) => id === lastId) + 1;
  const located = content.messages.slice(0, end).map((message): Located => {
    const id = idOf(message);
    return { id, message, mark: marks.get(id) };
  });
  const isFollowed = content.messages.slice(end).some(({ role }) => role === "assistant");
  const unaccepted: Located[] = [];
  let start = located.length;
  for (const each of located.toReversed()) {
    const { message } = each;
    const last = partsOf(message).findLast(({ type }) => type !== "step-start");
    const isAnswer = message["role"] === "assistant" && last !== undefined;
    if (isAnswer && !(isCall(last) && isFinished(last))) break;
    start -= 1;
    if (isAnswer || message["role"] === "user") unaccepted.push(each);
    // The service accepted everything before it made these calls. An answer after the question is that of another
    // request, so questions before it may have been accepted.
    if (isAnswer || (isFollowed && unaccepted.length > 0)) break;
  }
  const [newest, ...others] = unaccepted;
  if (newest === undefined) return undefined;
  const ids = new Set(content.messages.map(({ id }) => id));
  const earlier = located.slice(0, start);
  // Questions before a later answer that were edited, or that the turn of this answer did not send.
  const retried = earlier.filter(({ mark }) => isSentAgain(mark)).toReversed();
  const accepted = earlier.filter(({ mark }) => !isSentAgain(mark));
  return { accepted, unaccepted: [newest, ...others, ...retried], ids };
}

function blame(request: RejectedRequest, rejection: Rejection): Marks {
  const { accepted, unaccepted } = request;
  const [newest, ...others] = unaccepted;
  switch (rejection.about) {
    case "files":
      return blameFiles(request, rejection.url);
    case "service-items": {
      const answers = unaccepted.filter(({ message }) => message["role"] === "assistant");
      const marks = portable([...accepted, ...answers], newest.id);
      return marks.size > 0 ? marks : leftOut(unaccepted);
    }
    case "length":
    case "size": {
      if (isLarge(request)) return leftOut(unaccepted);
      const hasFiles = rejection.about === "size" && accepted.some(({ message }) => hasFile(message));
      return new Map([...leftOut(others), ...(hasFiles ? portable(accepted, newest.id) : [])]);
    }
    case "policy":
      return leftOut(unaccepted);
    default:
      return blameContent(request);
  }
}

/** Blames the messages that were never accepted, and later the older ones, too. */
function blameContent(request: RejectedRequest): Marks {
  return new Map([...leftOut(request.unaccepted), ...blameHistory(request)]);
}

/** Blames the messages with the file of this URL, or those that have files. */
function blameFiles(request: RejectedRequest, url: string | undefined): Marks {
  const { accepted, unaccepted } = request;
  const isBlamed = ({ message }: Located): boolean => hasFile(message, url);
  const old = accepted.filter(isBlamed);
  const recent = unaccepted.filter(isBlamed);
  if (recent.some(({ mark }) => !isLeftOut(mark))) return leftOut(recent);
  const marks = portable(url === undefined ? accepted : old, unaccepted[0].id);
  if (marks.size > 0) return marks;
  // Files can also be in results of tools, and in what the application converts from data or text.
  if (url !== undefined) return blameContent(request);
  // Without any file, the error is about the application's options.
  return leftOut(unaccepted.filter(({ message }) => message["role"] === "assistant"));
}

/**
 * Decides whether old messages are to blame, of which every request contains the same. The more questions of the user are
 * rejected in a row, the less likely is it that each of them is unacceptable.
 */
function blameHistory(request: RejectedRequest): Marks {
  const { accepted, unaccepted } = request;
  const [newest, ...others] = unaccepted;
  if (newest.message["role"] !== "user" || others.some(isSent)) return new Map();
  const previous = unaccepted.reduce((sum, each) => sum + (each.mark?.times ?? 0) * doubtOf(each), 0);
  if (previous >= MAX_DOUBT) return withoutPortable(request);
  return previous + doubtOf(newest) >= MAX_DOUBT ? portable(accepted, newest.id) : new Map();
}

/** Returns how much the rejection of a question says that it is not the reason. A file more often is than a text. */
function doubtOf({ message }: Located): number {
  return hasFile(message) ? 1 : 2;
}

/** Returns whether the rejected request contained all of a message. */
function isSent({ mark }: Located): boolean {
  return mark?.results === undefined && !isLeftOut(mark);
}

/** Returns the marks of messages that are sent in full again, because leaving out a part did not help. */
function withoutPortable({ accepted, unaccepted, ids }: RejectedRequest): Marks {
  const causes = new Set(unaccepted.map(({ id }) => id));
  const undone = accepted.filter(({ mark: { portableSince } = {} }) => {
    // The question may have been removed.
    return portableSince !== undefined && (causes.has(portableSince) || !ids.has(portableSince));
  });
  return new Map(
    undone.map(({ id, mark = {} }) => {
      const { portableSince: _cause, ...others } = mark;
      return [id, others];
    }),
  );
}

/** Returns the marks of messages that are not sent again, of which the first is the newest. */
function leftOut(messages: readonly Located[]): Marks {
  return new Map(
    messages.map(({ id, message, mark = {} }) => {
      if (message["role"] !== "user") return [id, { ...mark, results: resultsOf(message) }];
      return [id, isLeftOut(mark) ? mark : { ...mark, times: (mark.times ?? 0) + 1, isRetried: false }];
    }),
  );
}

/** Returns the ids of the calls of an answer that have a result. Repairs can drop parts, but keep these ids. */
function resultsOf(message: JsonObject): string[] {
  return partsOf(message).flatMap((part) => {
    const { toolCallId } = part;
    return isCall(part) && isFinished(part) && typeof toolCallId === "string" ? [toolCallId] : [];
  });
}

/** Returns the marks of messages of which only the portable content is sent. */
function portable(messages: readonly Located[], portableSince: string): Marks {
  return new Map(messages.filter(isDegradable).map(({ id, mark }) => [id, { ...mark, portableSince }]));
}

/** Returns whether a message has content that can be left out. */
function isDegradable({ message, mark }: Located): boolean {
  if (mark?.portableSince !== undefined || isLeftOut(mark)) return false;
  return message["role"] === "assistant" || hasFile(message) || partsOf(message).some(isData);
}

/** Returns whether a message has a file, or the file of this URL, which can also be in data. */
function hasFile(message: JsonObject, url?: string): boolean {
  return partsOf(message).some((part) => {
    if (part["type"] === "file") return url === undefined || toHref(part["url"]) === toHref(url);
    return url !== undefined && isData(part) && hasUrl(part["data"], toHref(url));
  });
}

function hasUrl(value: unknown, href: unknown): boolean {
  if (typeof value !== "object" || value === null) return toHref(value) === href;
  return Object.values(value).some((member) => hasUrl(member, href));
}

function toHref(url: unknown): unknown {
  return typeof url === "string" ? (URL.parse(url)?.href ?? url) : url;
}

/** Returns whether the newest message makes up much of the request. */
function isLarge({ accepted, unaccepted }: RejectedRequest): boolean {
  const sent = [...accepted, ...unaccepted].filter(({ mark }) => !isLeftOut(mark));
  const length = sent.reduce((sum, { message }) => sum + JSON.stringify(message).length, 0);
  return JSON.stringify(unaccepted[0].message).length >= length * LARGE_SHARE;
}
