import type { ThreadChange } from "@threadstore/agent";
import { describeGoneCall, interruptedAnswer, interruptedResult } from "@threadstore/agent/provider";
import { toResultText } from "../chat/to-parts.ts";
import { argumentsToObject } from "../content/arguments.ts";
import { fieldText } from "../content/content.ts";
import { readContent } from "../content/read-content.ts";
import { printNode, setMember, stringNode, type JsonNode } from "../json/node.ts";
import { unreported } from "../report.ts";
import type { Language } from "../shapes/shape.ts";
import { findTarget, type ChatTarget, type ChatView } from "./chat-view.ts";
import { setRole, type Maker } from "./new-contents.ts";
import { newItem, type Item, type Slot } from "./working-copy.ts";

interface Placed {
  readonly item: Item;
  readonly slot: Slot;
}

/** Does to messages of Agent Framework what was done to the messages of Chat Completions that they became. */
export class ChangeApplier {
  readonly #view: ChatView;
  readonly #language: Language;
  readonly #maker: Maker;
  readonly #items: readonly Item[];
  readonly #placed = new Map<string, Placed>();
  readonly #removed = new Set<Slot>();
  /** The results that were added, by the paths of their calls. */
  readonly #added = new Map<string, Placed>();
  /** Behind what the next result of a message's calls goes. */
  readonly #tails = new Map<number, Placed>();
  /** The keys of contents that are results. */
  readonly #results: Set<string>;
  readonly #newItems: Item[] = [];

  constructor(items: readonly Item[], view: ChatView, language: Language, maker: Maker) {
    this.#items = items;
    this.#view = view;
    this.#language = language;
    this.#maker = maker;
    for (const item of items) for (const slot of item.slots) this.#placed.set(slot.key, { item, slot });
    const { messages, places } = view;
    this.#results = new Set(
      places.filter((_, index) => messages[index]?.role === "tool").map(({ path }) => path),
    );
  }

  apply(change: ThreadChange): void {
    const { code, action, path, counterpart } = change;
    const target = findTarget(this.#view, path);
    if (target === undefined) return;
    const placed = this.#find(target.key);
    if (code === "result-misplaced" && action === "move") this.#move(placed, counterpart);
    else if (code === "result-duplicated") this.#dropDuplicate(placed, counterpart);
    else if (code.startsWith("result-") && action === "synthesize") this.#addResult(target, placed, path);
    else if (action === "rename" && placed !== undefined) this.#rename(placed, change);
    else if (code === "call-invalid" && change.name !== undefined)
      this.#set(placed, "name", stringNode(change.name));
    else if (code === "arguments-invalid" && action === "rewrite") this.#rewriteArguments(placed);
    else if (code === "tool-gone" && action === "rewrite") this.#rewriteCall(placed, counterpart);
    else if (code === "system-misplaced" && action === "rewrite") this.#makeUsers(target);
    else if (code === "answer-missing") this.#addAnswer(target);
    else this.#drop(target, placed, counterpart);
  }

  /** Takes out what was to be taken out. */
  finish(): void {
    for (const item of [...this.#items, ...this.#newItems]) {
      if (!item.slots.some((slot) => this.#removed.has(slot))) continue;
      item.slots = item.slots.filter((slot) => !this.#removed.has(slot));
      item.slotsChanged = true;
    }
  }

  #find(key: string | undefined): Placed | undefined {
    const placed = key === undefined ? undefined : this.#placed.get(key);
    return placed === undefined || this.#removed.has(placed.slot) ? undefined : placed;
  }

  /** The result at a path, which may have been added beside the call that is there. */
  #findResult(path: string | undefined): Placed | undefined {
    if (path === undefined) return undefined;
    return this.#added.get(path) ?? this.#find(findTarget(this.#view, path)?.key);
  }

  #remove(placed: Placed | undefined): void {
    if (placed !== undefined) this.#removed.add(placed.slot);
  }

  #set(placed: Placed | undefined, name: string, value: JsonNode): void {
    if (placed?.slot.node.type !== "object") return;
    placed.slot.node = setMember(placed.slot.node, name, value);
    placed.item.slotsChanged = true;
  }

  #drop({ key, place }: ChatTarget, placed: Placed | undefined, counterpart: string | undefined): void {
    this.#remove(placed);
    this.#remove(this.#findResult(counterpart));
    if (key === undefined) for (const content of place.contents) this.#remove(this.#find(content));
  }

  #dropDuplicate(placed: Placed | undefined, counterpart: string | undefined): void {
    const kept = this.#findResult(counterpart);
    if (kept !== undefined && placed !== undefined) {
      kept.slot.node = placed.slot.node;
      kept.item.slotsChanged = true;
    }
    this.#remove(placed);
  }

  #move(placed: Placed | undefined, callPath: string | undefined): void {
    const target = findTarget(this.#view, callPath ?? "");
    if (placed === undefined || target === undefined) return;
    const slot = { ...placed.slot };
    this.#remove(placed);
    this.#insert(target.index, slot);
  }

  #addResult(target: ChatTarget, call: Placed | undefined, path: string): void {
    if (call === undefined) return;
    const callId = fieldText(readContent(call.slot.node, this.#language, call.slot.key), "callId") ?? "";
    const slot = this.#maker.result(callId, interruptedResult, call.slot.path);
    this.#added.set(path, this.#insert(target.index, slot));
  }

  /** Puts a result behind a message with calls and the results that it has. */
  #insert(index: number, slot: Slot): Placed {
    const tail = this.#tails.get(index) ?? this.#findTail(index);
    const item = tail !== undefined && this.#isResult(tail.slot) ? tail.item : this.#maker.item("tool", slot);
    if (tail !== undefined && item === tail.item) {
      item.slots.splice(item.slots.indexOf(tail.slot) + 1, 0, slot);
      item.slotsChanged = true;
    } else {
      tail?.item.after.push(item);
      this.#newItems.push(item);
    }
    this.#results.add(slot.key);
    const placed = { item, slot };
    this.#placed.set(slot.key, placed);
    this.#tails.set(index, placed);
    return placed;
  }

  #findTail(index: number): Placed | undefined {
    const { messages, places } = this.#view;
    let tail = places[index]?.contents
      .map((key) => this.#placed.get(key))
      .findLast((placed) => placed !== undefined);
    for (let next = index + 1; messages[next]?.role === "tool"; next += 1) {
      tail = this.#find(places[next]?.path) ?? tail;
    }
    return tail;
  }

  #isResult({ key }: Slot): boolean {
    return this.#results.has(key);
  }

  #rename(placed: Placed, { id, counterpart, code }: ThreadChange): void {
    if (id === undefined) return;
    const name = this.#language === "csharp" ? "callId" : "call_id";
    this.#set(placed, name, stringNode(id));
    // The result names its call now; the call itself was right.
    if (code === "call-id-invalid" && this.#isResult(placed.slot)) return;
    this.#set(this.#findResult(counterpart), name, stringNode(id));
  }

  #rewriteArguments(placed: Placed | undefined): void {
    if (placed === undefined) return;
    const content = readContent(placed.slot.node, this.#language, placed.slot.key);
    const { value } = argumentsToObject(fieldText(content, "arguments") ?? "");
    this.#set(placed, "arguments", this.#language === "csharp" ? value : stringNode(printNode(value)));
  }

  #rewriteCall(placed: Placed | undefined, counterpart: string | undefined): void {
    if (placed === undefined) return;
    const { slot, item } = placed;
    const call = readContent(slot.node, this.#language, slot.key);
    const result = this.#findResult(counterpart);
    const answer =
      result === undefined
        ? ""
        : toResultText(readContent(result.slot.node, this.#language, result.slot.key), unreported);
    const text = describeGoneCall(
      fieldText(call, "name") ?? "",
      fieldText(call, "arguments") ?? "{}",
      answer,
    );
    slot.node = this.#maker.text(text, slot.path).node;
    item.slotsChanged = true;
    this.#remove(result);
  }

  #itemOf({ place }: ChatTarget): Item | undefined {
    return this.#placed.get(place.contents[0] ?? "")?.item;
  }

  #makeUsers(target: ChatTarget): void {
    const item = this.#itemOf(target);
    if (item !== undefined) item.node = setRole(item.node, "user");
  }

  #addAnswer(target: ChatTarget): void {
    const item = this.#itemOf(target);
    if (item === undefined) return;
    const answer = this.#maker.item("assistant", this.#maker.text(interruptedAnswer, item.path));
    if (!item.slots.some(({ key }) => this.#results.has(key))) {
      item.before.push(answer);
      return;
    }
    // The results and what the user said to them are in one message: the answer comes between.
    const said = new Set(target.place.contents);
    const second = newItem(
      item.node,
      item.path,
      item.slots.filter(({ key }) => said.has(key)),
    );
    item.slots = item.slots.filter(({ key }) => !said.has(key));
    item.slotsChanged = true;
    item.after.push(answer, second);
  }
}
