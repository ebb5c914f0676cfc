import type { StoredThread, ThreadMetadata, ThreadStore, ThreadSummary } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import fc from "fast-check";
import { show } from "../../../suite/expectations.ts";
import { textInParts } from "../../../utilities/text-in-parts.ts";
import { jsonOf, metadata, type Value, value } from "../arbitraries.ts";
import { type Call, type CallKind, callKind, idOf } from "../command.ts";
import { changeDuring, type Changing } from "./changing.ts";
import { type FaultChoice, faultChoice, faultText } from "./faults.ts";
import type { FaultyClients, FaultyModel } from "./faulty-model.ts";
import { type HeldChoice, heldChoice, heldPrevious, saveOptions } from "./faulty-previous.ts";
import { readDuring } from "./reading.ts";

type FaultyCall = CallKind<FaultyModel, FaultyClients>;

interface OfThread {
  readonly client: number;
  readonly thread: number;
  readonly fault: FaultChoice;
}

const ofThread = {
  client: fc.nat(1),
  // Rather one than another: what follows from a fault shows at the same thread.
  thread: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 1, 2),
  fault: faultChoice(3),
};

/** What the observer does while an answer is held. */
const theirs: fc.Arbitrary<"save" | "delete"> = fc.constantFrom("save", "save", "delete");

interface SaveDetails extends OfThread {
  readonly on: HeldChoice;
  readonly value: Value;
  readonly metadata: ThreadMetadata | undefined;
  readonly theirs: "save" | "delete";
}

/** A thread that no other save saves. */
function numbered(model: FaultyModel, given: Value): Value {
  const write = model.nextSave();
  if (hasTextParts(given)) {
    return textInParts(`{"write":${write},"value":`, ...given[TEXT_PARTS](), "}");
  }
  return typeof given === "string" ? `{"write":${write},"value":${given}}` : { write, value: given };
}

function observersChange(model: FaultyModel, id: string, kind: "save" | "delete"): Changing {
  if (kind === "delete") {
    return { change: { type: "delete", on: "anything" }, make: (store) => store.delete(id) };
  }
  const thread = numbered(model, { by: "the observer" });
  return {
    change: { type: "save", on: "anything", json: jsonOf(thread), metadata: undefined },
    make: (store) => store.save(id, thread, { overwrite: true }),
  };
}

const save = callKind<SaveDetails, FaultyModel, FaultyClients>({
  name: "save",
  weight: 8,
  outcomes: ["saved", "conflict", "unknown"],
  details: fc.record({ ...ofThread, on: heldChoice, value, metadata, theirs }),
  prepare(details, model, clients): Call {
    const { client, fault } = details;
    const id = idOf(model, details);
    const by = heldPrevious(model, id, details.on);
    const thread = numbered(model, details.value);
    const more = { ...saveOptions(by), metadata: details.metadata };
    const changing: Changing = {
      change: { type: "save", on: by.on, json: jsonOf(thread), metadata: details.metadata },
      make: (store, signal) => store.save(id, thread, { ...more, signal }),
    };
    const other = observersChange(model, id, details.theirs);
    return {
      text: `client ${client + 1}: save ${show(id)} ${show(thread)} on ${by.text}, metadata ${show(details.metadata)}${withFault(details)}`,
      make: async () => (await changeDuring({ model, clients, client, id, fault }, changing, other)).is,
    };
  },
});

function withFault({ fault, theirs: kind }: Pick<SaveDetails, "fault" | "theirs">): string {
  const text = faultText(fault);
  return fault.kind === "overtaken" ? `${text} by a ${kind} of the observer` : text;
}

const remove = callKind<Omit<SaveDetails, "value" | "metadata">, FaultyModel, FaultyClients>({
  name: "delete",
  weight: 3,
  outcomes: ["deleted", "unknown"],
  details: fc.record({ ...ofThread, on: heldChoice, theirs }),
  prepare(details, model, clients): Call {
    const { client, fault } = details;
    const id = idOf(model, details);
    const by = heldPrevious(model, id, details.on);
    const on = by.on === "nothing" ? "anything" : by.on;
    const changing: Changing = {
      change: { type: "delete", on },
      make: (store, signal) => store.delete(id, { previous: by.previous, signal }),
    };
    const other = observersChange(model, id, details.theirs);
    return {
      text: `client ${client + 1}: delete ${show(id)} on ${on === "anything" ? on : by.text}${withFault(details)}`,
      make: async () => (await changeDuring({ model, clients, client, id, fault }, changing, other)).is,
    };
  },
});

const load = callKind<OfThread & { readonly isHolding: boolean }, FaultyModel, FaultyClients>({
  name: "load",
  weight: 6,
  outcomes: ["found", "nothing"],
  // The last of the clients is the observer.
  details: fc.record({ ...ofThread, fault: faultChoice(1), client: fc.nat(2), isHolding: fc.boolean() }),
  prepare({ isHolding, ...details }, model, clients): Call {
    const { client } = details;
    const id = idOf(model, details);
    const { held, handedOut } = model.of(id);
    const previous = isHolding && held !== undefined ? handedOut.get(held) : undefined;
    const text = `client ${client + 1}: load ${show(id)}${previous === undefined ? "" : ", holding a version"}`;
    return {
      text: `${text}${faultText(details.fault)}`,
      async make() {
        const read = await readDuring<StoredThread | undefined>(
          { model, clients, ...details },
          (store, signal) => store.load(id, { cached: previous, signal }),
        );
        if (read === undefined) return "no answer";
        model.found(id, read.value, "load");
        return read.value === undefined ? "nothing" : "found";
      },
    };
  },
});

async function listed(store: ThreadStore, signal: AbortSignal): Promise<ThreadSummary[]> {
  const all: ThreadSummary[] = [];
  for await (const summary of store.list({ limit: 2, metadata: true, signal })) {
    all.push(summary);
    // A cursor that goes round in circles would never end.
    if (all.length > 100) break;
  }
  return all;
}

const list = callKind<Pick<OfThread, "client" | "fault">, FaultyModel, FaultyClients>({
  name: "list",
  weight: 2,
  outcomes: ["some"],
  details: fc.record({ client: fc.nat(1), fault: faultChoice(2) }),
  prepare(details, model, clients): Call {
    return {
      text: `client ${details.client + 1}: list${faultText(details.fault)}`,
      async make() {
        const read = await readDuring({ model, clients, ...details }, listed);
        if (read === undefined) return "no answer";
        for (const id of model.ids) {
          const [found, again] = read.value.filter((summary) => summary.id === id);
          model.listed(id, again ?? found);
        }
        return read.value.length === 0 ? "nothing" : "some";
      },
    };
  },
});

const reopen = callKind<Pick<OfThread, "client">, FaultyModel, FaultyClients>({
  name: "reopen",
  weight: 1,
  outcomes: ["done"],
  details: fc.record({ client: fc.nat(1) }),
  prepare: ({ client }, _model, clients): Call => ({
    text: `client ${client + 1} closes and opens anew`,
    async make() {
      await clients.reopen(client);
      return "done";
    },
  }),
});

export const faultyCalls: readonly FaultyCall[] = [save, remove, load, list, reopen];
