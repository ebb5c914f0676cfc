import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { FixResult, LocatedFinding, Repairer } from "../findings/repairer.ts";
import { definitionOf, type LocatedCall, setCall } from "../wire-form/message-entry.ts";
import { collectCallDrops } from "./drop-calls.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { pairDraft } from "./repair-turn.ts";

/** Repairs the tool names and arguments of calls. */
export function repairCalls(draft: RepairDraft, repairer: Repairer): void {
  const pairing = pairDraft(draft);
  const drops = collectCallDrops(draft, pairing);
  for (const located of pairing.calls) {
    const { call, owner } = located;
    const drop = () => drops.drop(located);
    const problem = findProblem(call.value, draft.form.isChatCompletions);
    if (problem !== undefined) {
      const { message, repaired } = problem;
      const finding: LocatedFinding<"call-invalid"> = {
        code: "call-invalid",
        path: call.path,
        position: owner.position,
        message,
      };
      repairer.repair(finding, {
        rewrite: () => (repaired === undefined ? drop() : rewriteCall(located, repaired)),
        drop,
      });
    }
    // A person may have seen the arguments of a waiting call, and its tool may have started with them.
    const isFixed = pairing.waiting.has(call) && typeof definitionOf(call)?.["arguments"] === "string";
    if (!drops.has(call) && !isFixed) repairArguments(located, drop, repairer);
  }
  drops.apply();
}

interface CallProblem {
  readonly message: string;
  /** The call without the problem; `undefined` if it cannot be repaired. */
  readonly repaired: JsonValue | undefined;
}

/** Finds a problem of a call other than of its id and its arguments. */
function findProblem(call: JsonValue, isChatCompletions: boolean): CallProblem | undefined {
  if (!isJsonObject(call)) return { message: "This is not a tool call.", repaired: undefined };
  const { type, function: definition, custom } = call;
  const isUnknown = isChatCompletions && type !== "function" && type !== "custom";
  if (typeof type !== "string" || isUnknown) {
    const message =
      typeof type === "string" && type !== ""
        ? "Chat Completions does not have calls of this type."
        : "The call does not have a type.";
    const inferredType = isJsonObject(custom) && !isJsonObject(definition) ? "custom" : "function";
    const typedCall = { ...call, type: inferredType };
    const otherProblem = findProblem(typedCall, isChatCompletions);
    return { message, repaired: otherProblem === undefined ? typedCall : otherProblem.repaired };
  }
  if (type === "function") return findNameProblem(call, "function", definition);
  return type === "custom" ? findNameProblem(call, "custom", custom) : undefined;
}

// The limit of OpenAI and Azure.
const MAX_TOOL_NAME_LENGTH = 64;

function findNameProblem(
  call: JsonObject,
  member: string,
  definition: JsonValue | undefined,
): CallProblem | undefined {
  const name = isJsonObject(definition) ? definition["name"] : undefined;
  if (!isJsonObject(definition) || typeof name !== "string" || name === "") {
    return { message: "The call does not name a tool.", repaired: undefined };
  }
  if (member === "custom" && typeof definition["input"] !== "string") {
    return { message: "The call of a custom tool does not have an input.", repaired: undefined };
  }
  const validName = name.replaceAll(/[^\w-]/g, "_").slice(0, MAX_TOOL_NAME_LENGTH);
  if (validName === name) return undefined;
  const message = "Providers reject this tool name.";
  return { message, repaired: { ...call, [member]: { ...definition, name: validName } } };
}

function rewriteCall(located: LocatedCall, value: JsonValue): FixResult {
  setCall(located, value);
  const name = definitionOf(located.call)?.["name"];
  return { description: "A repair corrects the call.", ...(typeof name === "string" ? { name } : {}) };
}

function repairArguments(
  located: LocatedCall,
  drop: () => { readonly description: string; readonly action: "drop" },
  repairer: Repairer,
): void {
  const { call, owner } = located;
  const { value } = call;
  const definition = definitionOf(call);
  if (!isJsonObject(value) || value["type"] !== "function" || definition === undefined) return;
  const validArguments = toArgumentsText(definition["arguments"]);
  if (validArguments === definition["arguments"]) return;
  const repaired = { ...value, function: { ...definition, arguments: validArguments } };
  const finding = {
    code: "arguments-invalid",
    path: call.argumentsPath,
    position: owner.position,
    message: "The arguments are not a JSON object in a string.",
  } as const;
  repairer.repair(finding, {
    rewrite: () => {
      setCall(located, repaired);
      return "A repair converts them.";
    },
    drop,
  });
}

/** Returns arguments as the text of a JSON object: the same text if it is one already. */
export function toArgumentsText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "{}";
  if (typeof value !== "string") return JSON.stringify(isJsonObject(value) ? value : { raw: value });
  // Many models send an empty string to a tool without parameters.
  if (value.trim() === "") return "{}";
  const parsed = parse(value);
  if (parsed === undefined) return JSON.stringify({ raw: value });
  // Keeps the text: the parsed value may be nested too deeply for JSON.stringify.
  return isJsonObject(parsed) ? value : `{"raw":${value.trim()}}`;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
