import { memberPath } from "@threadstore/core/documents";
import { type Content, fieldText } from "../content/content.ts";
import { ContentFactory } from "../entries/content-factory.ts";
import {
  type ContentEntry,
  type MessageEntry,
  removeContent,
  setContent,
  toMessage,
  toMessageEntry,
} from "../entries/entries.ts";
import { type ObjectNode, stringNode } from "../json/node.ts";
import type { CallFacts } from "../messages/call-facts.ts";
import { type AgentFrameworkShape, type Language, LAYOUTS } from "../shapes/shape.ts";
import { findEntryFacts } from "./entry-approvals.ts";

/** A call of the last response: a content item, a request for approval, or both. */
export interface LocatedCall {
  readonly call: Content;
  readonly message: MessageEntry;
  readonly plain: ContentEntry | undefined;
  readonly request: ContentEntry | undefined;
  readonly requestId: string | undefined;
}

/** Messages of Agent Framework in which approvals are written. */
export class ApprovalDraft {
  readonly messages: readonly MessageEntry[];
  readonly language: Language;
  readonly factory: ContentFactory;

  constructor(messages: readonly ObjectNode[], shape: AgentFrameworkShape) {
    const { language, dialect } = LAYOUTS[shape];
    this.messages = messages.map((node, index) => toMessageEntry(node, memberPath("$", index)));
    this.language = language;
    this.factory = new ContentFactory(dialect);
  }

  facts(): CallFacts {
    return findEntryFacts(this.messages, this.language);
  }

  /** Returns the ids of the calls that are content items of a message, or of the same response before it. */
  callsAround(index: number): ReadonlySet<string> {
    const messages = this.messages.slice(0, index + 1).map((message) => toMessage(message, this.language));
    const start = messages.findLastIndex(({ role }, position) => position < index && role !== "assistant");
    const contents = messages.slice(start + 1).flatMap((message) => message.contents);
    const calls = contents.filter(({ kind }) => kind === "call");
    return new Set(calls.map((call) => fieldText(call, "callId") ?? ""));
  }

  /** Finds the last call with an id. */
  findCall(callId: string): LocatedCall | undefined {
    for (const message of this.messages.toReversed()) {
      const { contents } = toMessage(message, this.language);
      const plain = contents.findLast((content) => {
        return content.kind === "call" && fieldText(content, "callId") === callId;
      });
      const request = contents.findLast(({ kind, call }) => {
        return kind === "approvalRequest" && call !== undefined && fieldText(call, "callId") === callId;
      });
      const call = plain ?? request?.call;
      if (call === undefined) continue;
      const entryOf = (content: Content | undefined): ContentEntry | undefined =>
        message.contents.find(({ key }) => key === content?.path);
      const requestId = request === undefined ? undefined : fieldText(request, "id");
      return { call, message, plain: entryOf(plain), request: entryOf(request), requestId };
    }
    return undefined;
  }

  /** Requests approval of a call, unless that was already requested. Returns the request's id. */
  request({ call, message, plain, request, requestId }: LocatedCall): string {
    const callId = fieldText(call, "callId") ?? "";
    if (this.language === "csharp") {
      // C# has either the call or the request.
      if (request !== undefined && plain !== undefined) {
        setContent(message, plain, request.node);
        removeContent(message, request);
      }
      if (request !== undefined) return requestId ?? "";
      const id = `ficc_${callId}`;
      const { node } = this.factory.approval("approvalRequest", { id: stringNode(id) }, call);
      if (plain !== undefined) setContent(message, plain, node);
      return id;
    }
    if (request !== undefined) {
      if (plain === undefined) this.#insertBefore(message, request, call);
      return requestId ?? "";
    }
    message.contents.push(this.factory.approval("approvalRequest", { id: stringNode(callId) }, call));
    message.contentsChanged = true;
    return callId;
  }

  /** Replaces a request with its call. */
  restoreCall({ call, message, plain, request }: LocatedCall): void {
    if (request === undefined) return;
    if (plain === undefined) this.#insertBefore(message, request, call);
    removeContent(message, request);
  }

  /** Returns a new message with content items, or nothing if there are none. */
  message(role: string, contents: readonly ContentEntry[]): MessageEntry[] {
    const [first, ...others] = contents;
    if (first === undefined) return [];
    const message = this.factory.message(role, first);
    message.contents.push(...others);
    return [message];
  }

  #insertBefore(message: MessageEntry, entry: ContentEntry, call: Content): void {
    const position = message.contents.indexOf(entry);
    message.contents.splice(position, 0, this.factory.copy(call));
    message.contentsChanged = true;
  }
}
