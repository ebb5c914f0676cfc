import type { ThreadMetadata } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import fc from "fast-check";
import { show } from "../../../suite/expectations.ts";
import { textInParts } from "../../../utilities/text-in-parts.ts";
import { jsonOf, metadata, showValue, type ThreadValues, type Value } from "../arbitraries.ts";
import { type Call, type CallKind, callKind, idOf } from "../command.ts";
import { type ChangeCall, changeDuringFault } from "./changing.ts";
import { describeFault, type FaultChoice, faultChoice } from "./faults.ts";
import type { FaultyClients, FaultyModel } from "./faulty-model.ts";
import { type HeldChoice, heldChoice, heldPrevious, saveOptions } from "./faulty-previous.ts";

export type FaultyCallKind = CallKind<FaultyModel, FaultyClients>;

export interface CallDetails {
  readonly client: number;
  readonly thread: number;
  readonly fault: FaultChoice;
}

export const callDetails: { [Name in keyof CallDetails]: fc.Arbitrary<CallDetails[Name]> } = {
  client: fc.nat(1),
  // Prefers one thread, so that calls after a fault show its consequences.
  thread: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 1, 2),
  fault: faultChoice(3),
};

type ObserverChange = "save" | "append" | "delete";

interface ChangeDetails extends CallDetails {
  readonly previous: HeldChoice;
  /** The change that the observer makes while a response is held. */
  readonly observerChange: ObserverChange;
}

const changeDetails = {
  ...callDetails,
  previous: heldChoice,
  observerChange: fc.constantFrom<ObserverChange[]>("save", "append", "delete"),
};

/**
 * Adds a number to the saved value, so that no two saves write the same content, and an array, so that elements can be
 * appended. Both follow the value, so that two values that begin alike remain so.
 */
function numbered(model: FaultyModel, saved: Value): Value {
  const write = model.nextWrite();
  const start = '{"value":';
  const end = `,"write":${write},"appended":[]}`;
  if (hasTextParts(saved)) return textInParts(start, ...saved[TEXT_PARTS](), end);
  return typeof saved === "string" ? start + saved + end : { value: saved, write, appended: [] };
}

/** Returns the JSON of the value that a save numbered, if a client holds a version of the thread. */
function heldValue(model: FaultyModel, id: string): string | undefined {
  const { heldVersion, returnedThreads } = model.knowledgeOf(id);
  const held = heldVersion === undefined ? undefined : returnedThreads.get(heldVersion);
  if (held === undefined) return undefined;
  const { value }: { readonly value?: unknown } = held.thread;
  return JSON.stringify(value);
}

function observerCall(model: FaultyModel, id: string, kind: ObserverChange): ChangeCall {
  if (kind === "delete") {
    return { change: { type: "delete", precondition: "none" }, perform: (store) => store.delete(id) };
  }
  if (kind === "append") {
    const elements = [{ write: model.nextWrite(), by: "the observer" }];
    return {
      change: { type: "append", precondition: "exists", elements, created: undefined },
      perform: (store) => store.append(id, elements),
    };
  }
  const thread = numbered(model, { by: "the observer" });
  return {
    change: { type: "save", precondition: "none", json: jsonOf(thread), metadata: undefined },
    perform: (store) => store.save(id, thread, { overwrite: true }),
  };
}

/** Creates a kind of call that changes a thread. `prepare` returns the change and how to describe it. */
function changeKind<Details extends ChangeDetails>(
  { name, weight, outcomes }: { readonly name: string; readonly weight: number; readonly outcomes: string[] },
  details: fc.Arbitrary<Details>,
  prepare: (model: FaultyModel, id: string, details: Details) => ChangeCall & { readonly text: string },
): FaultyCallKind {
  return callKind<Details, FaultyModel, FaultyClients>({
    name,
    weight,
    outcomes,
    details,
    prepare(chosen, model, clients): Call {
      const { client, fault } = chosen;
      const id = idOf(model, chosen);
      const { text, ...call } = prepare(model, id, chosen);
      const other = observerCall(model, id, chosen.observerChange);
      return {
        description: `client ${client + 1}: ${text}${describeChangeFault(chosen)}`,
        perform: async () =>
          (await changeDuringFault({ model, clients, client, id, fault }, call, other)).type,
      };
    },
  });
}

function describeChangeFault(details: ChangeDetails): string {
  const text = describeFault(details.fault);
  return details.fault.kind === "overtaken" ? `${text} by a ${details.observerChange} of the observer` : text;
}

interface SaveDetails extends ChangeDetails {
  readonly value: (current: string | undefined) => Value;
  readonly metadata: ThreadMetadata | undefined;
}

const saveKind = ({ value }: ThreadValues): FaultyCallKind =>
  changeKind<SaveDetails>(
    { name: "save", weight: 6, outcomes: ["saved", "conflict", "unknown"] },
    fc.record({ ...changeDetails, value, metadata }),
    (model, id, details) => {
      const previous = heldPrevious(model, id, details.previous);
      const { precondition } = previous;
      const thread = numbered(model, details.value(heldValue(model, id)));
      const options = { ...saveOptions(previous), metadata: details.metadata };
      return {
        change: { type: "save", precondition, json: jsonOf(thread), metadata: details.metadata },
        perform: (store, signal) => store.save(id, thread, { ...options, signal }),
        text: `save ${show(id)} ${showValue(thread)} ${previous.description}, metadata ${show(details.metadata)}`,
      };
    },
  );

interface AppendDetails extends ChangeDetails {
  readonly creates: boolean;
  readonly others: readonly unknown[];
}

const appendKind = ({ elements: others }: ThreadValues): FaultyCallKind =>
  changeKind<AppendDetails>(
    { name: "append", weight: 3, outcomes: ["changed", "unknown"] },
    fc.record({ ...changeDetails, creates: fc.constantFrom(false, false, true), others }),
    (model, id, details) => {
      const { previous, precondition, description } = heldPrevious(model, id, details.previous);
      const write = model.nextWrite();
      const create = previous === undefined && details.creates ? { created: write, appended: [] } : undefined;
      const created = create === undefined ? undefined : JSON.stringify(create);
      const elements = [{ write }, ...details.others];
      const condition = previous === undefined ? { create } : { previous };
      const anyState = create === undefined ? "exists" : "none";
      return {
        change: {
          type: "append",
          precondition: previous === undefined ? anyState : precondition,
          elements,
          created,
        },
        perform: (store, signal) => store.append(id, elements, { ...condition, signal }),
        text:
          `append ${write} and ${show(details.others)} to ${show(id)} ${previous === undefined ? "of any version" : description}` +
          (create === undefined ? "" : `, create ${show(create)}`),
      };
    },
  );

const touch = changeKind<ChangeDetails>(
  { name: "touch", weight: 1, outcomes: ["changed"] },
  fc.record(changeDetails),
  (model, id, details) => {
    const { previous, precondition, description } = heldPrevious(model, id, details.previous);
    const newMetadata = { write: String(model.nextWrite()) };
    return {
      change: {
        type: "touch",
        precondition: previous === undefined ? "exists" : precondition,
        metadata: newMetadata,
      },
      perform: (store, signal) => store.touch(id, { previous, metadata: newMetadata, signal }),
      text: `touch ${show(id)} ${previous === undefined ? "of any version" : description}, metadata ${show(newMetadata)}`,
    };
  },
);

const remove = changeKind<ChangeDetails>(
  { name: "delete", weight: 3, outcomes: ["deleted", "unknown"] },
  fc.record(changeDetails),
  (model, id, details) => {
    const { previous, precondition, description } = heldPrevious(model, id, details.previous);
    return {
      change: { type: "delete", precondition: previous === undefined ? "none" : precondition },
      perform: (store, signal) => store.delete(id, { previous, signal }),
      text: `delete ${show(id)} ${previous === undefined ? "unconditionally" : description}`,
    };
  },
);

/** The kinds of calls that change a thread. */
export function faultyChanges(threads: ThreadValues): readonly FaultyCallKind[] {
  return [saveKind(threads), appendKind(threads), touch, remove];
}
