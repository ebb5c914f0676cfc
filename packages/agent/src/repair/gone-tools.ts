import type { JsonValue } from "@threadstore/core";
import { isJsonObject } from "../thread/json.ts";
import { definitionOf, setMember, type CallSlot, type Draft, type Entry } from "./draft.ts";
import { dropCalls } from "./drop-calls.ts";
import type { Mender } from "./mender.ts";
import { pairDraft } from "./turn.ts";

/** Takes out calls of tools that no longer exist, and says in text what they were and what came of them. */
export function mendGoneTools(draft: Draft, mender: Mender, tools: ReadonlySet<string>): void {
  const pairing = pairDraft(draft);
  const drops = dropCalls(draft, pairing);
  for (const call of pairing.calls) {
    const { slot, entry } = call;
    const name = definitionOf(slot)?.["name"];
    // A call that waits is answered when the turn goes on.
    if (typeof name !== "string" || tools.has(name) || pairing.waiting.has(slot)) continue;
    const found = {
      code: "tool-gone",
      path: slot.path,
      position: entry.position,
      message: "there is no longer a tool of this name",
    } as const;
    mender.mend(found, {
      rewrite: () => {
        addText(entry, describeGoneCall(name, readInput(slot), readAnswer(pairing.resultOf.get(slot))));
        return { ...drops.drop(call), what: "the call and its result became text", action: "rewrite" };
      },
      drop: () => drops.drop(call),
    });
  }
  drops.finish();
}

/** The text that stands for a call of a tool that is gone, and for what came of it. */
export function describeGoneCall(name: string, input: string, answer: string): string {
  const outcome = answer === "" ? "gave no answer" : `answered: ${answer}`;
  return `[The tool ${name}, which is no longer available, was called with ${input} and ${outcome}]`;
}

function readInput(slot: CallSlot): string {
  const { arguments: args, input = args } = definitionOf(slot) ?? {};
  return typeof input === "string" ? input : "nothing";
}

function readAnswer(result: Entry | undefined): string {
  return result === undefined ? "" : readText(result.message["content"]);
}

function readText(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? content : [];
  return parts
    .map((part) => (isJsonObject(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

function addText(entry: Entry, text: string): void {
  const content = entry.message["content"];
  if (Array.isArray(content)) setMember(entry, "content", [...content, { type: "text", text }]);
  else if (typeof content === "string" && content !== "")
    setMember(entry, "content", `${content}\n\n${text}`);
  else setMember(entry, "content", text);
}
