import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "../thread/json.ts";
import { definitionOf, type Draft } from "./draft.ts";
import { dropCalls } from "./drop-calls.ts";
import type { Done, Found, Mender } from "./mender.ts";
import type { PlacedCall } from "./pairing.ts";
import { pairDraft } from "./turn.ts";

/** Mends what calls say of their tool and its arguments. */
export function mendCalls(draft: Draft, mender: Mender): void {
  const pairing = pairDraft(draft);
  const drops = dropCalls(draft, pairing);
  for (const call of pairing.calls) {
    const { slot, entry } = call;
    const drop = () => drops.drop(call);
    const problem = findProblem(slot.value);
    if (problem !== undefined) {
      const { message, mended } = problem;
      const found: Found<"call-invalid"> = {
        code: "call-invalid",
        path: slot.path,
        position: entry.position,
        message,
      };
      mender.mend(found, {
        rewrite: () => (mended === undefined ? drop() : rewriteCall(call, mended)),
        drop,
      });
    }
    // What a person was shown to approve, and what a tool was begun with, stays what it is.
    const isShown = pairing.waiting.has(slot) && typeof definitionOf(slot)?.["arguments"] === "string";
    if (!drops.has(slot) && !isShown) mendArguments(call, drop, mender);
  }
  drops.finish();
}

interface Problem {
  readonly message: string;
  /** The call without it; `undefined` where it does not say enough to be mended. */
  readonly mended: JsonValue | undefined;
}

/** What is wrong with a call apart from its id and its arguments. */
function findProblem(call: JsonValue): Problem | undefined {
  if (!isJsonObject(call)) return { message: "this is no tool call", mended: undefined };
  const { type, function: definition, custom } = call;
  if (typeof type !== "string") {
    const message = "the call does not say of what type it is";
    const found = isJsonObject(custom) && !isJsonObject(definition) ? "custom" : "function";
    const typed = { ...call, type: found };
    const left = findProblem(typed);
    return { message, mended: left === undefined ? typed : left.mended };
  }
  if (type === "function") return findNameProblem(call, "function", definition);
  return type === "custom" ? findNameProblem(call, "custom", custom) : undefined;
}

// What OpenAI and Azure demand of the name of a tool.
const longestName = 64;

function findNameProblem(
  call: JsonObject,
  member: string,
  definition: JsonValue | undefined,
): Problem | undefined {
  const name = isJsonObject(definition) ? definition["name"] : undefined;
  if (!isJsonObject(definition) || typeof name !== "string" || name === "") {
    return { message: "the call does not say which tool is called", mended: undefined };
  }
  if (member === "custom" && typeof definition["input"] !== "string") {
    return { message: "the call of a custom tool has no input", mended: undefined };
  }
  const fit = name.replaceAll(/[^\w-]/g, "_").slice(0, longestName);
  if (fit === name) return undefined;
  const message = "providers do not take this name of a tool";
  return { message, mended: { ...call, [member]: { ...definition, name: fit } } };
}

function rewriteCall(call: PlacedCall, value: JsonValue): Done {
  rewrite(call, value);
  const name = definitionOf(call.slot)?.["name"];
  return { what: "it was mended", ...(typeof name === "string" ? { name } : {}) };
}

function rewrite({ slot, entry }: PlacedCall, value: JsonValue): void {
  slot.value = value;
  entry.isChanged = true;
}

function mendArguments(
  call: PlacedCall,
  drop: () => { readonly what: string; readonly action: "drop" },
  mender: Mender,
): void {
  const { slot, entry } = call;
  const definition = definitionOf(slot);
  if (!isJsonObject(slot.value) || slot.value["type"] !== "function" || definition === undefined) return;
  const fit = fitArguments(definition["arguments"]);
  if (fit === definition["arguments"]) return;
  const mended = { ...slot.value, function: { ...definition, arguments: fit } };
  mender.mend(
    {
      code: "arguments-invalid",
      path: slot.argumentsPath,
      position: entry.position,
      message: "the arguments are no text with a JSON object",
    },
    {
      rewrite: () => {
        rewrite(call, mended);
        return "they were turned into such a text";
      },
      drop,
    },
  );
}

/** The arguments as text with a JSON object; the very same text where they are that. */
export function fitArguments(found: JsonValue | undefined): string {
  if (found === undefined || found === null) return "{}";
  if (typeof found !== "string") return JSON.stringify(isJsonObject(found) ? found : { raw: found });
  // Many models send nothing at all to a tool without parameters.
  if (found.trim() === "") return "{}";
  const parsed = parse(found);
  if (parsed === undefined) return JSON.stringify({ raw: found });
  // The text and not the value, which may be nested deeper than JSON.stringify can go.
  return isJsonObject(parsed) ? found : `{"raw":${found.trim()}}`;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
