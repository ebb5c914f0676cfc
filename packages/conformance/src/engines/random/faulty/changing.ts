import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { broken, describeError, outcomeOf, show } from "../../../suite/expectations.ts";
import { type FaultChoice, type Made, makeDuring } from "./faults.ts";
import { type FaultyClients, type FaultyModel, observer } from "./faulty-model.ts";
import { type Change, eitherOrder, type Result } from "./possible-states.ts";

/** A save or a delete: as the model knows it, and as a client makes it. */
export interface Changing {
  readonly change: Change;
  readonly make: (store: ThreadStore, signal?: AbortSignal) => Promise<StoredThread | boolean>;
}

export interface Struck {
  readonly model: FaultyModel;
  readonly clients: FaultyClients;
  readonly client: number;
  readonly id: string;
  readonly fault: FaultChoice;
}

/** Makes a change while a fault strikes it, and another by the observer meanwhile if one is given. */
export async function changeDuring(
  { model, clients, client, id, fault }: Struck,
  changing: Changing,
  byObserver: Changing,
): Promise<Result> {
  let theirs: Result | undefined;
  const made = await makeDuring({
    ...clients,
    fault,
    call: (signal) => changing.make(clients.view(client, 0), signal),
    async meanwhile() {
      const outcome = await outcomeOf(() => byObserver.make(clients.view(observer, 0)));
      theirs = resultOf({ outcome, isStruck: false, isAborted: false }, fault);
    },
  });
  if (made.isStruck) model.count(`fault: ${fault.kind}`);
  const result = resultOf(made, fault);
  const { states } = model.of(id);
  if (theirs === undefined) {
    model.goOn(id, states.after(changing.change, result), told(changing, id, result));
  } else {
    const after = eitherOrder(states, [changing.change, result], [byObserver.change, theirs]);
    const what = `${told(changing, id, result)} and, meanwhile, ${told(byObserver, id, theirs)}`;
    model.goOn(id, after, what);
  }
  // Who lost an answer holds what it held.
  if (result.is === "saved") model.hold(id, result.stored);
  else if (result.is === "deleted") model.hold(id, undefined);
  return result;
}

/** Fails for what no store may say then. */
function resultOf(made: Made<StoredThread | boolean>, fault: FaultChoice): Result {
  const { outcome, isAborted } = made;
  if (outcome.state === "resolved") {
    const { value } = outcome;
    return typeof value === "boolean" ? { is: "deleted", wasThere: value } : { is: "saved", stored: value };
  }
  if (isAborted) return { is: "unknown" };
  const { error } = outcome;
  if (ThreadStoreError.is(error, "CONFLICT")) return { is: "conflict", current: error.currentVersion };
  // Also where no fault strikes: the connection may be one that an earlier fault has cut.
  if (ThreadStoreError.is(error, "UNAVAILABLE")) return { is: "without effect" };
  if (ThreadStoreError.is(error, "OUTCOME_UNKNOWN")) return { is: "unknown" };
  // Some backends tell of a failure without telling whether it came before or after the change.
  if (made.isStruck && isFalseFailure(error, fault)) return { is: "unknown" };
  return broken(
    "a change on a network that fails succeeds, or is UNAVAILABLE, OUTCOME_UNKNOWN or CONFLICT",
    `it rejected with ${describeError(error)}`,
  );
}

function isFalseFailure(error: unknown, { kind }: FaultChoice): boolean {
  return kind === "false failure" && ThreadStoreError.is(error, "BACKEND_ERROR");
}

function told({ change }: Changing, id: string, result: Result): string {
  const said =
    result.is === "saved"
      ? `resolved to version ${show(result.stored.version)}`
      : result.is === "deleted"
        ? `was ${result.wasThere}`
        : result.is === "conflict" && result.current !== undefined
          ? `was a conflict with ${show(result.current)}`
          : `was ${result.is}`;
  return `${change.type} of ${show(id)} ${said}`;
}
