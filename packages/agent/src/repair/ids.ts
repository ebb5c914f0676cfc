import type { JsonObject } from "../thread/json.ts";
import { answeredIdOf, idOf, setMember, type Draft } from "./draft.ts";
import { dropCalls } from "./drop-calls.ts";
import type { Found, Mender } from "./mender.ts";
import type { Pairing, PlacedCall } from "./pairing.ts";
import { pairDraft } from "./turn.ts";

/** Gives each call an id of its own, that its result names. */
export function mendIds(draft: Draft, mender: Mender): void {
  const pairing = pairDraft(draft);
  const drops = dropCalls(draft, pairing);
  // By the id of a call that waits, a person approves it and a tool knows it again: it is not for us to change.
  const taken = new Set([...pairing.waiting].map(idOf));
  const fresh = freshIds(pairing);
  for (const call of pairing.calls) {
    const { slot } = call;
    if (pairing.waiting.has(slot)) continue;
    const problem = findProblem(call, taken, draft.wire.longestId);
    if (problem === undefined) {
      taken.add(idOf(slot));
      mendAnsweredId(call, pairing, mender);
      continue;
    }
    mender.mend(problem, {
      rename: () => {
        const id = fresh();
        taken.add(id);
        return rename(call, id, pairing);
      },
      drop: () => drops.drop(call),
    });
  }
  drops.finish();
}

type IdProblem = Found<"call-id-duplicated" | "call-id-invalid">;

function findProblem(
  { slot, entry }: PlacedCall,
  taken: ReadonlySet<string>,
  longestId: number,
): IdProblem | undefined {
  const id = idOf(slot);
  const { idPath: path } = slot;
  const { position } = entry;
  if (id === "") return { code: "call-id-invalid", path, position, message: "the call has no id" };
  if (id.length > longestId) {
    const message = `the id is longer than the ${longestId} characters that OpenAI takes`;
    return { code: "call-id-invalid", path, position, message };
  }
  if (!taken.has(id)) return undefined;
  return { code: "call-id-duplicated", path, position, message: "an earlier call has the same id" };
}

function rename({ slot, entry }: PlacedCall, id: string, pairing: Pairing) {
  slot.value = { ...(slot.value as JsonObject), id };
  entry.isChanged = true;
  const result = pairing.resultOf.get(slot);
  if (result !== undefined) setMember(result, "tool_call_id", id);
  return { what: "it got another one, and its result with it", id, counterpart: result?.path };
}

function mendAnsweredId({ slot }: PlacedCall, pairing: Pairing, mender: Mender): void {
  const result = pairing.resultOf.get(slot);
  if (result === undefined || answeredIdOf(result) === idOf(slot)) return;
  const id = idOf(slot);
  const name = () => {
    setMember(result, "tool_call_id", id);
    return { what: "it names it now", counterpart: slot.path, id };
  };
  const { answeredIdPath: path, position } = result;
  const message = "this result does not name its call";
  mender.mend(
    { code: "call-id-invalid", path, position, message },
    { rename: name, drop: () => ({ ...name(), action: "rename" }) },
  );
}

/** Ids that no call and no result has. The same thread gets the same ones each time. */
function freshIds(pairing: Pairing): () => string {
  const known = new Set([
    ...pairing.calls.map(({ slot }) => idOf(slot)),
    ...[...pairing.fates.keys()].map(answeredIdOf),
  ]);
  let count = 0;
  return () => {
    let id: string;
    do {
      count += 1;
      id = `call_repaired_${count}`;
    } while (known.has(id));
    known.add(id);
    return id;
  };
}
