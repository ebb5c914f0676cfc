import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";
import {
  type CallEntry,
  definitionOf,
  type MessageEntry,
  setCall,
  setMember,
} from "../wire-form/message-entry.ts";
import type { ReplaceText, WireForm } from "../wire-form/wire-form.ts";
import type { RepairDraft } from "./repair-draft.ts";

type Shorten = (text: string) => string;

/** Shortens texts that are longer than a provider accepts. */
export function repairTextLengths(
  draft: RepairDraft,
  maximum: number,
  shorten: Shorten,
  repairer: Repairer,
): void {
  draft.entries = draft.entries.map((entry) => {
    const report = (path: string, cut: () => void): void => {
      const message = `The text is longer than the ${maximum} characters that the provider accepts.`;
      const fix = (): string => {
        cut();
        return "A repair shortens it.";
      };
      repairer.repair({ code: "text-too-long", path, position: entry.position, message }, { cut: fix });
    };
    shortenContent(entry, maximum, shorten, report);
    for (const call of entry.calls) shortenArguments(entry, call, maximum, report);
    return shortenOthers(entry, draft.form, (text, path) => {
      if (text.length <= maximum) return text;
      let shortened = text;
      report(`${entry.path}${path}`, () => void (shortened = shorten(text)));
      return shortened;
    });
  });
}

/** Shortens texts that do not belong to the content. */
function shortenOthers(entry: MessageEntry, form: WireForm, replace: ReplaceText): MessageEntry {
  const source = form.write(entry);
  const replaced = form.replaceTexts(source, replace);
  return replaced === source ? entry : form.read(replaced, entry.path, entry.position);
}

type Report = (path: string, cut: () => void) => void;

function shortenContent(entry: MessageEntry, maximum: number, shorten: Shorten, report: Report): void {
  const content = entry.value["content"];
  if (typeof content === "string" && content.length > maximum) {
    report(entry.contentPath, () => setMember(entry, "content", shorten(content)));
  } else if (Array.isArray(content)) {
    for (const [index, part] of content.entries()) {
      const text = isJsonObject(part) ? part["text"] : undefined;
      if (typeof text !== "string" || text.length <= maximum) continue;
      report(`${entry.contentPath}[${index}].text`, () => setPart(entry, index, { text: shorten(text) }));
    }
  }
}

function setPart(entry: MessageEntry, index: number, members: JsonObject): void {
  const parts = entry.value["content"] as JsonValue[];
  setMember(entry, "content", parts.with(index, { ...(parts[index] as JsonObject), ...members }));
}

/** Replaces arguments that are too long: a part of them would not be JSON. */
function shortenArguments(owner: MessageEntry, call: CallEntry, maximum: number, report: Report): void {
  const definition = definitionOf(call);
  const isCustom = isJsonObject(call.value) && call.value["type"] === "custom";
  const [member, kind] = isCustom ? ["input", "custom"] : ["arguments", "function"];
  const text = definition?.[member];
  if (definition === undefined || typeof text !== "string" || text.length <= maximum) return;
  const note = `The ${text.length} characters of this call's arguments were removed: they were too long to send.`;
  const value = isCustom ? note : JSON.stringify({ removed: note });
  report(call.argumentsPath, () =>
    setCall({ call, owner }, { ...(call.value as JsonObject), [kind]: { ...definition, [member]: value } }),
  );
}
