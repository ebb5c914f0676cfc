import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { fail, describeError, outcomeOf, show } from "../../../suite/expectations.ts";
import { callDuringFault, type FaultChoice, type FaultyOutcome } from "./faults.ts";
import { type FaultyClients, type FaultyModel, OBSERVER } from "./faulty-model.ts";
import { type Change, type Details, eitherOrder, type Result } from "./possible-states.ts";

/** A change, in the terms of the model, and the call that makes it. */
export interface ChangeCall {
  readonly change: Change;
  readonly perform: (store: ThreadStore, signal?: AbortSignal) => Promise<Returned>;
}

/** The result of a save, append, touch or delete. */
type Returned = StoredThread | Details | undefined | boolean;

export interface FaultTarget {
  readonly model: FaultyModel;
  readonly clients: FaultyClients;
  readonly client: number;
  readonly id: string;
  readonly fault: FaultChoice;
}

/** Makes a change while a fault strikes. If the fault holds a response, the observer makes another change meanwhile. */
export async function changeDuringFault(
  { model, clients, client, id, fault }: FaultTarget,
  changeCall: ChangeCall,
  observerCall: ChangeCall,
): Promise<Result> {
  let observerResult: Result | undefined;
  const faultyOutcome = await callDuringFault({
    ...clients,
    fault,
    call: (signal) => changeCall.perform(clients.view(client, 0), signal),
    async meanwhile() {
      const outcome = await outcomeOf(() => observerCall.perform(clients.view(OBSERVER, 0)));
      observerResult = resultOf(observerCall.change, { outcome, isStruck: false, isAborted: false }, fault);
    },
  });
  if (faultyOutcome.isStruck) model.count(`fault: ${fault.kind}`);
  const result = resultOf(changeCall.change, faultyOutcome, fault);
  const { states } = model.knowledgeOf(id);
  if (observerResult === undefined) {
    model.setStates(id, states.after(changeCall.change, result), describeResult(changeCall, id, result));
  } else {
    const after = eitherOrder(states, [changeCall.change, result], [observerCall.change, observerResult]);
    const own = describeResult(changeCall, id, result);
    const event = `${own} while ${describeResult(observerCall, id, observerResult)}`;
    model.setStates(id, after, event);
  }
  // A caller that got no response still has the version it had before.
  if (result.type === "saved") model.setHeld(id, result.stored);
  else if (result.type === "changed") model.setHeldVersion(id, result.details.version);
  else if (result.type === "deleted" || result.type === "missing") model.setHeld(id, undefined);
  return result;
}

/** Fails if no store may reject with the error. */
function resultOf({ type }: Change, faultyOutcome: FaultyOutcome<Returned>, fault: FaultChoice): Result {
  const { outcome, isAborted } = faultyOutcome;
  if (outcome.state === "resolved") {
    const { value } = outcome;
    if (typeof value === "boolean") return { type: "deleted", existed: value };
    if (value === undefined) return { type: "missing" };
    return type === "save"
      ? { type: "saved", stored: value as StoredThread }
      : { type: "changed", details: value };
  }
  if (isAborted) return { type: "unknown" };
  const { error } = outcome;
  if (ThreadStoreError.is(error, "CONFLICT")) return { type: "conflict", current: error.currentVersion };
  // Also valid without a fault: the connection may be one that an earlier fault has cut.
  if (ThreadStoreError.is(error, "UNAVAILABLE")) return { type: "no effect" };
  if (ThreadStoreError.is(error, "OUTCOME_UNKNOWN")) return { type: "unknown" };
  // Some backends report a failure without saying whether it came before or after the change.
  if (faultyOutcome.isStruck && isFalseFailure(error, fault)) return { type: "unknown" };
  return fail(
    "on a faulty network, a change succeeds or rejects with UNAVAILABLE, OUTCOME_UNKNOWN or CONFLICT",
    `it rejected with ${describeError(error)}`,
  );
}

function isFalseFailure(error: unknown, { kind }: FaultChoice): boolean {
  return kind === "false failure" && ThreadStoreError.is(error, "BACKEND_ERROR");
}

function describeResult({ change }: ChangeCall, id: string, result: Result): string {
  return `${change.type} of ${show(id)} ${describeOutcome(result)}`;
}

function describeOutcome(result: Result): string {
  switch (result.type) {
    case "saved":
      return `returned version ${show(result.stored.version)}`;
    case "changed":
      return `returned version ${show(result.details.version)}`;
    case "missing":
      return "returned undefined";
    case "deleted":
      return `returned ${result.existed}`;
    case "conflict":
      return result.current === undefined ? "was a conflict" : `was a conflict with ${show(result.current)}`;
    case "unknown":
      return "had an unknown outcome";
    default:
      return "had no effect";
  }
}
