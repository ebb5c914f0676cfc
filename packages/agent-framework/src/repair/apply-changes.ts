import type { RepairChange } from "@threadstore/agent";
import { describeRemovedToolCall, INTERRUPTED_ANSWER, INTERRUPTED_RESULT } from "@threadstore/agent/provider";
import { toResultText } from "../chat/to-parts.ts";
import { argumentsToObject } from "../content/arguments.ts";
import { type Content, fieldText } from "../content/content.ts";
import { readContent } from "../content/read-content.ts";
import { type ContentFactory, setRole } from "../entries/content-factory.ts";
import { type ContentEntry, type MessageEntry, newMessageEntry } from "../entries/entries.ts";
import { type JsonNode, printNode, setMember, stringNode } from "../json/node.ts";
import { discardReport } from "../report.ts";
import type { Language } from "../shapes/shape.ts";
import { type ChatTarget, type ChatView, findTarget } from "./chat-view.ts";

/** A content item and the message that it belongs to. */
interface LocatedContent {
  readonly message: MessageEntry;
  readonly content: ContentEntry;
}

/** Applies the changes of messages of Chat Completions to the messages of Agent Framework that they came from. */
export class ChangeApplier {
  readonly #view: ChatView;
  readonly #language: Language;
  readonly #factory: ContentFactory;
  readonly #messages: readonly MessageEntry[];
  /** All content items by their keys. */
  readonly #contents = new Map<string, LocatedContent>();
  readonly #removed = new Set<ContentEntry>();
  /** The results that were added, by the paths of their calls. */
  readonly #added = new Map<string, LocatedContent>();
  /**
   * The content item after which the next result of a message's calls is inserted, by the position of the message.
   */
  readonly #tails = new Map<number, LocatedContent>();
  /** The keys of content items that are results. */
  readonly #results: Set<string>;
  readonly #newMessages: MessageEntry[] = [];

  constructor(
    messages: readonly MessageEntry[],
    view: ChatView,
    language: Language,
    factory: ContentFactory,
  ) {
    this.#messages = messages;
    this.#view = view;
    this.#language = language;
    this.#factory = factory;
    for (const message of messages) {
      for (const content of message.contents) this.#contents.set(content.key, { message, content });
    }
    this.#results = new Set(
      view.origins.filter((_, index) => view.messages[index]?.role === "tool").map(({ path }) => path),
    );
  }

  apply(change: RepairChange): void {
    const { code, action, path, counterpart } = change;
    const target = findTarget(this.#view, path);
    if (target === undefined) return;
    const located = this.#find(target.key);
    if (code === "result-misplaced" && action === "move") this.#move(located, counterpart);
    else if (code === "result-duplicated") this.#dropDuplicate(located, counterpart);
    else if (code.startsWith("result-") && action === "synthesize") this.#addResult(target, located, path);
    else if (action === "rename" && located !== undefined) this.#rename(located, change);
    else if (code === "call-invalid" && change.name !== undefined)
      this.#set(located, "name", stringNode(change.name));
    else if (code === "arguments-invalid" && action === "rewrite") this.#rewriteArguments(located);
    else if (code === "tool-gone" && action === "rewrite") this.#rewriteCall(located, counterpart);
    else if (code === "system-misplaced" && action === "rewrite") this.#setUserRole(target);
    else if (code === "answer-missing") this.#addAnswer(target);
    // A rewrite that is unknown here must not lose content. The caller finds that the thread cannot be repaired.
    else if (action === "drop") this.#drop(target, located, counterpart);
  }

  /** Removes the content items that were marked for removal. */
  finish(): void {
    for (const message of [...this.#messages, ...this.#newMessages]) {
      if (!message.contents.some((content) => this.#removed.has(content))) continue;
      message.contents = message.contents.filter((content) => !this.#removed.has(content));
      message.contentsChanged = true;
    }
  }

  #find(key: string | undefined): LocatedContent | undefined {
    const located = key === undefined ? undefined : this.#contents.get(key);
    return located === undefined || this.#removed.has(located.content) ? undefined : located;
  }

  #read({ content }: LocatedContent): Content {
    return readContent(content.node, this.#language, content.key);
  }

  /** Finds the result at a path. For a result that was added, it is the path of its call. */
  #findResult(path: string | undefined): LocatedContent | undefined {
    if (path === undefined) return undefined;
    return this.#added.get(path) ?? this.#find(findTarget(this.#view, path)?.key);
  }

  #remove(located: LocatedContent | undefined): void {
    if (located !== undefined) this.#removed.add(located.content);
  }

  #set(located: LocatedContent | undefined, name: string, value: JsonNode): void {
    if (located?.content.node.type !== "object") return;
    located.content.node = setMember(located.content.node, name, value);
    located.message.contentsChanged = true;
  }

  #drop(
    { key, origin }: ChatTarget,
    located: LocatedContent | undefined,
    counterpart: string | undefined,
  ): void {
    this.#remove(located);
    this.#remove(this.#findResult(counterpart));
    if (key === undefined) for (const content of origin.contents) this.#remove(this.#find(content));
  }

  /** Keeps the last of two results for a call, at the position of the first. */
  #dropDuplicate(located: LocatedContent | undefined, counterpart: string | undefined): void {
    const first = this.#findResult(counterpart);
    if (first !== undefined && located !== undefined) {
      first.content.node = located.content.node;
      first.message.contentsChanged = true;
    }
    this.#remove(located);
  }

  #move(located: LocatedContent | undefined, callPath: string | undefined): void {
    const target = findTarget(this.#view, callPath ?? "");
    if (located === undefined || target === undefined) return;
    const content = { ...located.content };
    this.#remove(located);
    this.#insert(target.index, content);
  }

  #addResult(target: ChatTarget, call: LocatedContent | undefined, path: string): void {
    if (call === undefined) return;
    const callId = fieldText(this.#read(call), "callId") ?? "";
    const result = this.#factory.result(callId, INTERRUPTED_RESULT, call.content.path);
    this.#added.set(path, this.#insert(target.index, result));
  }

  /** Inserts a result after a message with calls and its existing results. */
  #insert(index: number, content: ContentEntry): LocatedContent {
    const tail = this.#tails.get(index) ?? this.#findTail(index);
    const isAfterResult = tail !== undefined && this.#isResult(tail.content);
    const message = isAfterResult ? tail.message : this.#factory.message("tool", content);
    if (isAfterResult) {
      message.contents.splice(message.contents.indexOf(tail.content) + 1, 0, content);
      message.contentsChanged = true;
    } else {
      tail?.message.after.push(message);
      this.#newMessages.push(message);
    }
    this.#results.add(content.key);
    const located = { message, content };
    this.#contents.set(content.key, located);
    this.#tails.set(index, located);
    return located;
  }

  #findTail(index: number): LocatedContent | undefined {
    const { messages, origins } = this.#view;
    let tail = origins[index]?.contents
      .map((key) => this.#contents.get(key))
      .findLast((located) => located !== undefined);
    for (let next = index + 1; messages[next]?.role === "tool"; next += 1) {
      tail = this.#find(origins[next]?.path) ?? tail;
    }
    return tail;
  }

  #isResult({ key }: ContentEntry): boolean {
    return this.#results.has(key);
  }

  #rename(located: LocatedContent, { id, counterpart, code }: RepairChange): void {
    if (id === undefined) return;
    const name = this.#language === "csharp" ? "callId" : "call_id";
    this.#set(located, name, stringNode(id));
    // Only the result's id was wrong. It now refers to its call.
    if (code === "call-id-invalid" && this.#isResult(located.content)) return;
    this.#set(this.#findResult(counterpart), name, stringNode(id));
  }

  #rewriteArguments(located: LocatedContent | undefined): void {
    if (located === undefined) return;
    const { value } = argumentsToObject(fieldText(this.#read(located), "arguments") ?? "");
    this.#set(located, "arguments", this.#language === "csharp" ? value : stringNode(printNode(value)));
  }

  #rewriteCall(located: LocatedContent | undefined, counterpart: string | undefined): void {
    if (located === undefined) return;
    const { content, message } = located;
    const call = this.#read(located);
    const result = this.#findResult(counterpart);
    const resultText = result === undefined ? "" : toResultText(this.#read(result), discardReport);
    const text = describeRemovedToolCall(
      fieldText(call, "name") ?? "",
      fieldText(call, "arguments") ?? "{}",
      resultText,
    );
    content.node = this.#factory.text(text, content.path).node;
    message.contentsChanged = true;
    this.#remove(result);
  }

  #messageOf({ origin }: ChatTarget): MessageEntry | undefined {
    return this.#contents.get(origin.contents[0] ?? "")?.message;
  }

  #setUserRole(target: ChatTarget): void {
    const message = this.#messageOf(target);
    if (message !== undefined) message.node = setRole(message.node, "user");
  }

  #addAnswer(target: ChatTarget): void {
    const message = this.#messageOf(target);
    if (message === undefined) return;
    const answer = this.#factory.message("assistant", this.#factory.text(INTERRUPTED_ANSWER, message.path));
    if (!message.contents.some((content) => this.#isResult(content))) {
      message.before.push(answer);
      return;
    }
    // One message has both the results and the user's next input. Split it and insert the answer between the parts.
    const inputKeys = new Set(target.origin.contents);
    const input = newMessageEntry(
      message.node,
      message.path,
      message.contents.filter(({ key }) => inputKeys.has(key)),
    );
    message.contents = message.contents.filter(({ key }) => !inputKeys.has(key));
    message.contentsChanged = true;
    message.after.push(answer, input);
  }
}
