import type { JsonValue } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";
import { type CallEntry, definitionOf, type MessageEntry, setMember } from "../wire-form/message-entry.ts";
import { collectCallDrops } from "./drop-calls.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { pairDraft } from "./repair-turn.ts";

/** Replaces calls of tools that no longer exist, and their results, with text that describes them. */
export function replaceRemovedTools(
  draft: RepairDraft,
  repairer: Repairer,
  tools: ReadonlySet<string>,
): void {
  const pairing = pairDraft(draft);
  const drops = collectCallDrops(draft, pairing);
  for (const located of pairing.calls) {
    const { call, owner } = located;
    const name = definitionOf(call)?.["name"];
    // A waiting call is answered when the turn is resumed.
    if (typeof name !== "string" || tools.has(name) || pairing.waiting.has(call)) continue;
    const finding = {
      code: "tool-gone",
      path: call.path,
      position: owner.position,
      message: "The tool no longer exists.",
    } as const;
    repairer.repair(finding, {
      rewrite: () => {
        const result = readResult(pairing.resultOf.get(call));
        addText(owner, describeRemovedToolCall(name, readInput(call), result));
        const description = "A repair converts the call and its result to text.";
        return { ...drops.drop(located), description, action: "rewrite" };
      },
      drop: () => drops.drop(located),
    });
  }
  drops.apply();
}

/** Returns the text, for the model, that replaces a call of a tool that no longer exists and its result. */
export function describeRemovedToolCall(name: string, input: string, result: string): string {
  const outcome = result === "" ? "It did not return anything." : `It returned: ${result}`;
  return `[Called the tool ${name}, which is no longer available, with ${input}. ${outcome}]`;
}

function readInput(call: CallEntry): string {
  const { arguments: args, input = args } = definitionOf(call) ?? {};
  return typeof input === "string" ? input : "no arguments";
}

function readResult(result: MessageEntry | undefined): string {
  return result === undefined ? "" : readText(result.value["content"]);
}

function readText(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? content : [];
  return parts
    .map((part) => (isJsonObject(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

function addText(entry: MessageEntry, text: string): void {
  const content = entry.value["content"];
  if (Array.isArray(content)) {
    setMember(entry, "content", [...content, { type: "text", text }]);
  } else if (typeof content === "string" && content !== "") {
    setMember(entry, "content", `${content}\n\n${text}`);
  } else {
    setMember(entry, "content", text);
  }
}
