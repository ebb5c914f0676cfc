import type { JsonObject } from "@threadstore/core/documents";
import type { FixResult, LocatedFinding, Repairer } from "../findings/repairer.ts";
import { hasThoughtSignature } from "../limits/thought-signature.ts";
import { answeredIdOf, idOf, type LocatedCall, setCall, setMember } from "../wire-form/message-entry.ts";
import { collectCallDrops } from "./drop-calls.ts";
import type { Pairing } from "./pair-results.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { pairDraft } from "./repair-turn.ts";

/** Gives each call a unique id that its result names. */
export function repairCallIds(draft: RepairDraft, repairer: Repairer, providerPattern?: RegExp): void {
  const pattern = draft.form.isChatCompletions ? providerPattern : undefined;
  const pairing = pairDraft(draft);
  const drops = collectCallDrops(draft, pairing);
  // The ids of waiting calls must not change: approvals name them, and tools use them to recognize a call.
  const takenIds = new Set([...pairing.waiting].map(idOf));
  const nextId = createIdGenerator(pairing, pattern);
  for (const located of pairing.calls) {
    const { call } = located;
    if (pairing.waiting.has(call)) continue;
    const finding = findIdProblem(located, takenIds, draft.form.maxCallIdLength, pattern);
    if (finding === undefined) {
      takenIds.add(idOf(call));
      repairAnsweredId(located, pairing, repairer);
      continue;
    }
    repairer.repair(finding, {
      rename: () => {
        const id = nextId();
        takenIds.add(id);
        return renameCall(located, id, pairing);
      },
      drop: () => drops.drop(located),
    });
  }
  drops.apply();
}

type IdFinding = LocatedFinding<"call-id-duplicated" | "call-id-invalid">;

function findIdProblem(
  { call, owner }: LocatedCall,
  takenIds: ReadonlySet<string>,
  maxLength: number,
  pattern: RegExp | undefined,
): IdFinding | undefined {
  const id = idOf(call);
  const { idPath: path } = call;
  const { position } = owner;
  if (id === "") {
    return { code: "call-id-invalid", path, position, message: "The call does not have an id." };
  }
  // A provider whose ids have a limit does not accept the signature, either.
  const isSigned = pattern === undefined && hasThoughtSignature(id);
  if (id.length > maxLength && !isSigned) {
    const message = `The id is longer than the ${maxLength} characters that OpenAI accepts.`;
    return { code: "call-id-invalid", path, position, message };
  }
  if (pattern?.test(id) === false) {
    const message = "The provider does not accept the characters or the length of the id.";
    return { code: "call-id-invalid", path, position, message };
  }
  if (!takenIds.has(id)) return undefined;
  return { code: "call-id-duplicated", path, position, message: "An earlier call has the same id." };
}

function renameCall(located: LocatedCall, id: string, pairing: Pairing): FixResult {
  const { call } = located;
  setCall(located, { ...(call.value as JsonObject), id });
  const result = pairing.resultOf.get(call);
  if (result !== undefined) setMember(result, "tool_call_id", id);
  const description = "A repair gives the call and its result a new id.";
  return { description, id, counterpart: result?.path };
}

function repairAnsweredId({ call }: LocatedCall, pairing: Pairing, repairer: Repairer): void {
  const result = pairing.resultOf.get(call);
  if (result === undefined || answeredIdOf(result) === idOf(call)) return;
  const id = idOf(call);
  const rename = () => {
    setMember(result, "tool_call_id", id);
    return { description: "A repair sets it to the id of the call.", counterpart: call.path, id };
  };
  const { answeredIdPath: path, position } = result;
  const message = "The result does not name its call.";
  repairer.repair(
    { code: "call-id-invalid", path, position, message },
    { rename, drop: () => ({ ...rename(), action: "rename" }) },
  );
}

/**
 * Returns a generator of ids that no call and no result uses. Deterministic: the same thread always gets the same
 * ids.
 */
function createIdGenerator(pairing: Pairing, pattern: RegExp = /^/): () => string {
  const usedIds = new Set([
    ...pairing.calls.map(({ call }) => idOf(call)),
    ...[...pairing.matches.keys()].map(answeredIdOf),
  ]);
  let count = 0;
  return () => {
    let id: string;
    do {
      count += 1;
      const longId = `call_repaired_${count}`;
      // Nine letters and digits, which every provider accepts.
      id = pattern.test(longId) ? longId : `r${count.toString().padStart(8, "0")}`;
    } while (usedIds.has(id));
    usedIds.add(id);
    return id;
  };
}
