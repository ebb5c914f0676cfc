import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import type { FixResult, Repairer } from "../findings/repairer.ts";
import type { ProviderLimits } from "../limits/provider-limits.ts";
import { hasThoughtSignature } from "../limits/thought-signature.ts";
import {
  definitionOf,
  type MessageEntry,
  roleOf,
  setCall,
  setMember,
  withoutMember,
} from "../wire-form/message-entry.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { pairDraft } from "./repair-turn.ts";

/** Repairs the members of messages and calls that a provider rejects or requires. */
export function repairMessageMembers(draft: RepairDraft, limits: ProviderLimits, repairer: Repairer): void {
  const { authorName, acceptedMembers, rejectedMembers, requiredMembers, resultName, callSignature } = limits;
  for (const entry of draft.entries) {
    const role = roleOf(entry) ?? "";
    const accepted = acceptedMembers?.value[role === "developer" ? "system" : role];
    if (accepted !== undefined) dropMembers(entry, (name) => !accepted.includes(name), repairer);
    if (role === "assistant") {
      const rejected = rejectedMembers?.value ?? [];
      dropMembers(entry, (name) => rejected.includes(name), repairer);
      dropCallMembers(entry, acceptedMembers?.value["call"], repairer);
      if (entry.calls.length > 0) addMembers(entry, requiredMembers?.value ?? {}, repairer);
    }
    // The name of a result is the name of its tool, which only has to be a text.
    if (authorName !== undefined) repairName(entry, role === "tool" ? /^/ : authorName.value, repairer);
  }
  if (resultName !== undefined) addResultNames(draft, repairer);
  if (callSignature !== undefined) addSignatures(draft, callSignature.value, repairer);
}

/** Adds the signatures that the calls of a turn need while it continues. Those of earlier turns do not matter. */
function addSignatures({ entries }: RepairDraft, signature: string, repairer: Repairer): void {
  const last = entries.at(-1);
  if (last === undefined || (roleOf(last) !== "tool" && last.calls.length === 0)) return;
  const turn = entries.slice(entries.findLastIndex((entry) => roleOf(entry) === "user") + 1);
  for (const owner of turn) {
    const [call] = owner.calls;
    if (call === undefined || !isJsonObject(call.value) || hasSignature(call.value)) continue;
    const { value } = call;
    const extra = isJsonObject(value["extra_content"]) ? value["extra_content"] : {};
    const google = isJsonObject(extra["google"]) ? extra["google"] : {};
    const signed = { ...extra, google: { ...google, thought_signature: signature } };
    const synthesize = (): string => {
      setCall({ call, owner }, { ...value, extra_content: signed });
      return "A repair adds it.";
    };
    const message = "The provider requires the signature of the model's thoughts.";
    const path = memberPath(call.path, "extra_content");
    repairer.repair({ code: "member-missing", path, position: owner.position, message }, { synthesize });
  }
}

function hasSignature({ id, extra_content: extra }: JsonObject): boolean {
  const google = isJsonObject(extra) ? extra["google"] : undefined;
  const signature = isJsonObject(google) ? google["thought_signature"] : undefined;
  return (
    (typeof signature === "string" && signature !== "") || (typeof id === "string" && hasThoughtSignature(id))
  );
}

function dropMembers(entry: MessageEntry, isRejected: (name: string) => boolean, repairer: Repairer): void {
  for (const name of Object.keys(entry.value).filter(isRejected)) {
    const drop = (): string => {
      entry.value = withoutMember(entry.value, name);
      entry.isChanged = true;
      return "A repair removes it.";
    };
    reportUnsupported(memberPath(entry.path, name), entry.position, drop, repairer);
  }
}

function dropCallMembers(
  owner: MessageEntry,
  accepted: readonly string[] | undefined,
  repairer: Repairer,
): void {
  for (const call of accepted === undefined ? [] : owner.calls) {
    const names = isJsonObject(call.value) ? Object.keys(call.value) : [];
    for (const name of names.filter((each) => accepted?.includes(each) === false)) {
      const drop = (): string => {
        if (isJsonObject(call.value)) setCall({ call, owner }, withoutMember(call.value, name));
        return "A repair removes it.";
      };
      reportUnsupported(memberPath(call.path, name), owner.position, drop, repairer);
    }
  }
}

function reportUnsupported(path: string, position: number, drop: () => string, repairer: Repairer): void {
  const message = "The provider does not accept this member.";
  repairer.repair({ code: "member-unsupported", path, position, message }, { drop });
}

function addMembers(
  entry: MessageEntry,
  required: { readonly [name: string]: string },
  repairer: Repairer,
): void {
  for (const [name, value] of Object.entries(required)) {
    const current = entry.value[name];
    if (typeof current === "string" && current !== "") continue;
    addMember(entry, name, value, repairer);
  }
}

function addMember(entry: MessageEntry, name: string, value: string, repairer: Repairer): void {
  const synthesize = (): string => {
    setMember(entry, name, value);
    return "A repair adds it.";
  };
  const { position } = entry;
  const message = "The provider requires this member.";
  const path = memberPath(entry.path, name);
  repairer.repair({ code: "member-missing", path, position, message }, { synthesize });
}

function addResultNames(draft: RepairDraft, repairer: Repairer): void {
  for (const [call, result] of pairDraft(draft).resultOf) {
    const name = definitionOf(call)?.["name"];
    const current = result.value["name"];
    if (typeof name !== "string" || (typeof current === "string" && current !== "")) continue;
    addMember(result, "name", name, repairer);
  }
}

const MAX_NAME_LENGTH = 64;

function repairName(entry: MessageEntry, pattern: RegExp, repairer: Repairer): void {
  const { name } = entry.value;
  if (name === undefined || (typeof name === "string" && pattern.test(name))) return;
  // A result of the deprecated functions must name its function.
  const isRequired = roleOf(entry) === "function";
  const text = typeof name === "string" ? name : "";
  const validName =
    text.replaceAll(/[^\w-]/g, "_").slice(0, MAX_NAME_LENGTH) || (isRequired ? "unnamed" : "");
  const rewrite = (): FixResult => {
    if (validName === "") return drop();
    setMember(entry, "name", validName);
    return { description: "A repair replaces its characters or shortens it.", action: "rewrite" };
  };
  const drop = (): FixResult => {
    if (isRequired) return rewrite();
    entry.value = withoutMember(entry.value, "name");
    entry.isChanged = true;
    return { description: "A repair removes it.", action: "drop" };
  };
  const message = "The provider does not accept this name of an author.";
  const path = memberPath(entry.path, "name");
  repairer.repair({ code: "name-invalid", path, position: entry.position, message }, { rewrite, drop });
}
