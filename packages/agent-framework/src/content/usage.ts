import { getMember, type JsonNode, type Member, objectNode } from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";

/** The counts that have a member in both languages, by their names in C# and in Python. */
const COUNTS: readonly (readonly [csharp: string, python: string])[] = [
  ["inputTokenCount", "input_token_count"],
  ["outputTokenCount", "output_token_count"],
  ["totalTokenCount", "total_token_count"],
  ["cachedInputTokenCount", "cache_read_input_token_count"],
  ["reasoningTokenCount", "reasoning_output_token_count"],
  ["inputAudioTokenCount", "input_audio_token_count"],
  ["inputTextTokenCount", "input_text_token_count"],
  ["outputAudioTokenCount", "output_audio_token_count"],
  ["outputTextTokenCount", "output_text_token_count"],
];

/** The counts of Chat Completions, with the object that contains those which are details of another count. */
const CHAT_COUNTS: readonly (readonly [csharp: string, chat: string, details?: string])[] = [
  ["inputTokenCount", "prompt_tokens"],
  ["outputTokenCount", "completion_tokens"],
  ["totalTokenCount", "total_tokens"],
  ["cachedInputTokenCount", "cached_tokens", "prompt_tokens_details"],
  ["inputAudioTokenCount", "audio_tokens", "prompt_tokens_details"],
  ["reasoningTokenCount", "reasoning_tokens", "completion_tokens_details"],
  ["outputAudioTokenCount", "audio_tokens", "completion_tokens_details"],
];

/** The member of C# for all other counts, which Python writes next to the known ones. */
const ADDITIONAL_COUNTS = "additionalCounts";

/** Renames the details of a usage to the names of C#. */
export function toNeutralUsage(details: JsonNode, language: Language): JsonNode {
  if (language === "csharp" || details.type !== "object") return details;
  const names = new Map(COUNTS.map(([csharp, python]) => [python, csharp]));
  const known: Member[] = [];
  const additional: Member[] = [];
  for (const [name, value] of details.members) {
    const csharpName = names.get(name);
    // The first Python version writes a type, and both versions can write counts that are null.
    if (value.type === "null" || (name === "type" && value.type === "string")) continue;
    if (csharpName === undefined) additional.push([name, value]);
    else known.push([csharpName, value]);
  }
  const extra = additional.length === 0 ? undefined : objectNode(additional);
  return objectNode([...known, [ADDITIONAL_COUNTS, extra]]);
}

/** Renames the details of a usage from the names of C# to those of a language. `lose` receives the name of a loss. */
export function fromNeutralUsage(
  details: JsonNode,
  language: Language,
  lose: (name: string) => void,
): JsonNode {
  if (details.type !== "object") return details;
  return language === "csharp" ? toCsharp(details.members, lose) : toPython(details.members, lose);
}

function toPython(members: readonly Member[], lose: (name: string) => void): JsonNode {
  const names = new Map(COUNTS);
  const known = members.filter(([name]) => name !== ADDITIONAL_COUNTS);
  const additional = getMember(objectNode(members), ADDITIONAL_COUNTS);
  const printed = known.map(([name, value]): Member => [names.get(name) ?? name, value]);
  const taken = new Set(printed.map(([name]) => name));
  // Python has both kinds of counts in one object, so two of them may get the same name.
  for (const member of additional?.type === "object" ? additional.members : []) {
    if (taken.has(member[0])) lose(member[0]);
    else printed.push(member);
  }
  return objectNode(printed.filter((member) => isCount(member, lose)));
}

function toCsharp(members: readonly Member[], lose: (name: string) => void): JsonNode {
  const known = members.filter(([name]) => name !== ADDITIONAL_COUNTS);
  const additional = getMember(objectNode(members), ADDITIONAL_COUNTS);
  const counts =
    additional?.type === "object"
      ? objectNode(additional.members.filter((member) => isCount(member, lose)))
      : undefined;
  return objectNode([...known.filter((member) => isCount(member, lose)), [ADDITIONAL_COUNTS, counts]]);
}

/** Token counts in the form of Chat Completions. */
export type ChatUsage = { [count: string]: number | { [count: string]: number } };

/** Adds up usages with the names of C# in the form of Chat Completions; `undefined` if there is nothing to count. */
export function toChatUsage(usages: readonly JsonNode[]): ChatUsage | undefined {
  const total: ChatUsage = {};
  for (const [csharp, chat, details] of CHAT_COUNTS) {
    const counts = usages.flatMap((usage) => {
      const count = getMember(usage, csharp);
      return count?.type === "number" && /^\d{1,15}$/.test(count.text) ? [Number(count.text)] : [];
    });
    if (counts.length === 0) continue;
    const sum = counts.reduce((left, right) => left + right);
    if (details === undefined) total[chat] = sum;
    else total[details] = { ...(total[details] as { [count: string]: number } | undefined), [chat]: sum };
  }
  return Object.keys(total).length === 0 ? undefined : total;
}

/** Returns whether a count is a whole number: C# cannot read a thread with any other count. */
function isCount([name, value]: Member, lose: (name: string) => void): boolean {
  if (value.type === "null") return false;
  const isWhole = value.type === "number" && /^-?\d{1,18}$/.test(value.text);
  if (!isWhole) lose(name);
  return isWhole;
}
