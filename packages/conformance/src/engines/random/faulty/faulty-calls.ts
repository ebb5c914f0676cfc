import type { StoredThread, ThreadMetadata, ThreadStore, ThreadSummary } from "@threadstore/core";
import { hasTextParts, TEXT_PARTS } from "@threadstore/core/documents";
import fc from "fast-check";
import { show } from "../../../suite/expectations.ts";
import { textInParts } from "../../../utilities/text-in-parts.ts";
import { jsonOf, metadata, type Value, value } from "../arbitraries.ts";
import { type Call, type CallKind, callKind, idOf } from "../command.ts";
import { type ChangeCall, changeDuringFault } from "./changing.ts";
import { describeFault, type FaultChoice, faultChoice } from "./faults.ts";
import type { FaultyClients, FaultyModel } from "./faulty-model.ts";
import { type HeldChoice, heldChoice, heldPrevious, saveOptions } from "./faulty-previous.ts";
import { readDuringFault } from "./reading.ts";

type FaultyCallKind = CallKind<FaultyModel, FaultyClients>;

interface ThreadDetails {
  readonly client: number;
  readonly thread: number;
  readonly fault: FaultChoice;
}

const threadDetails = {
  client: fc.nat(1),
  // Prefers one thread, so that calls after a fault show its consequences.
  thread: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 1, 2),
  fault: faultChoice(3),
};

/** The change that the observer makes while a response is held. */
const observerChange: fc.Arbitrary<"save" | "delete"> = fc.constantFrom("save", "save", "delete");

interface SaveDetails extends ThreadDetails {
  readonly previous: HeldChoice;
  readonly value: Value;
  readonly metadata: ThreadMetadata | undefined;
  readonly observerChange: "save" | "delete";
}

/** Adds a number to the saved value, so that no two saves write the same content. */
function numbered(model: FaultyModel, saved: Value): Value {
  const write = model.nextSave();
  if (hasTextParts(saved)) {
    return textInParts(`{"write":${write},"value":`, ...saved[TEXT_PARTS](), "}");
  }
  return typeof saved === "string" ? `{"write":${write},"value":${saved}}` : { write, value: saved };
}

function observerCall(model: FaultyModel, id: string, kind: "save" | "delete"): ChangeCall {
  if (kind === "delete") {
    return { change: { type: "delete", precondition: "none" }, perform: (store) => store.delete(id) };
  }
  const thread = numbered(model, { by: "the observer" });
  return {
    change: { type: "save", precondition: "none", json: jsonOf(thread), metadata: undefined },
    perform: (store) => store.save(id, thread, { overwrite: true }),
  };
}

const save = callKind<SaveDetails, FaultyModel, FaultyClients>({
  name: "save",
  weight: 8,
  outcomes: ["saved", "conflict", "unknown"],
  details: fc.record({ ...threadDetails, previous: heldChoice, value, metadata, observerChange }),
  prepare(details, model, clients): Call {
    const { client, fault } = details;
    const id = idOf(model, details);
    const previous = heldPrevious(model, id, details.previous);
    const { precondition } = previous;
    const thread = numbered(model, details.value);
    const options = { ...saveOptions(previous), metadata: details.metadata };
    const call: ChangeCall = {
      change: { type: "save", precondition, json: jsonOf(thread), metadata: details.metadata },
      perform: (store, signal) => store.save(id, thread, { ...options, signal }),
    };
    const other = observerCall(model, id, details.observerChange);
    return {
      description:
        `client ${client + 1}: save ${show(id)} ${show(thread)} ${previous.description}, ` +
        `metadata ${show(details.metadata)}${describeChangeFault(details)}`,
      perform: async () => (await changeDuringFault({ model, clients, client, id, fault }, call, other)).type,
    };
  },
});

function describeChangeFault(details: Pick<SaveDetails, "fault" | "observerChange">): string {
  const text = describeFault(details.fault);
  return details.fault.kind === "overtaken" ? `${text} by a ${details.observerChange} of the observer` : text;
}

const remove = callKind<Omit<SaveDetails, "value" | "metadata">, FaultyModel, FaultyClients>({
  name: "delete",
  weight: 3,
  outcomes: ["deleted", "unknown"],
  details: fc.record({ ...threadDetails, previous: heldChoice, observerChange }),
  prepare(details, model, clients): Call {
    const { client, fault } = details;
    const id = idOf(model, details);
    const { previous, ...resolved } = heldPrevious(model, id, details.previous);
    const precondition = resolved.precondition === "absent" ? "none" : resolved.precondition;
    const call: ChangeCall = {
      change: { type: "delete", precondition },
      perform: (store, signal) => store.delete(id, { previous, signal }),
    };
    const other = observerCall(model, id, details.observerChange);
    const condition = precondition === "none" ? "unconditionally" : resolved.description;
    return {
      description: `client ${client + 1}: delete ${show(id)} ${condition}${describeChangeFault(details)}`,
      perform: async () => (await changeDuringFault({ model, clients, client, id, fault }, call, other)).type,
    };
  },
});

const load = callKind<ThreadDetails & { readonly usesCached: boolean }, FaultyModel, FaultyClients>({
  name: "load",
  weight: 6,
  outcomes: ["found", "not found"],
  // The last client is the observer.
  details: fc.record({
    ...threadDetails,
    fault: faultChoice(1),
    client: fc.nat(2),
    usesCached: fc.boolean(),
  }),
  prepare({ usesCached, ...details }, model, clients): Call {
    const { client } = details;
    const id = idOf(model, details);
    const { heldVersion, returnedThreads } = model.knowledgeOf(id);
    const cached = usesCached && heldVersion !== undefined ? returnedThreads.get(heldVersion) : undefined;
    const text = `client ${client + 1}: load ${show(id)}${cached === undefined ? "" : " with a cached thread"}`;
    return {
      description: `${text}${describeFault(details.fault)}`,
      async perform() {
        const result = await readDuringFault<StoredThread | undefined>(
          { model, clients, ...details },
          (store, signal) => store.load(id, { cached, signal }),
        );
        if (result === undefined) return "no response";
        model.recordLoad(id, result.value, "load");
        return result.value === undefined ? "not found" : "found";
      },
    };
  },
});

async function listAll(store: ThreadStore, signal: AbortSignal): Promise<ThreadSummary[]> {
  const all: ThreadSummary[] = [];
  for await (const summary of store.list({ limit: 2, metadata: true, signal })) {
    all.push(summary);
    // If a cursor repeats, the listing would never end.
    if (all.length > 100) break;
  }
  return all;
}

const list = callKind<Pick<ThreadDetails, "client" | "fault">, FaultyModel, FaultyClients>({
  name: "list",
  weight: 2,
  outcomes: ["some"],
  details: fc.record({ client: fc.nat(1), fault: faultChoice(2) }),
  prepare(details, model, clients): Call {
    return {
      description: `client ${details.client + 1}: list${describeFault(details.fault)}`,
      async perform() {
        const result = await readDuringFault({ model, clients, ...details }, listAll);
        if (result === undefined) return "no response";
        for (const id of model.ids) {
          const [first, second] = result.value.filter((summary) => summary.id === id);
          model.recordListing(id, second ?? first);
        }
        return result.value.length === 0 ? "none" : "some";
      },
    };
  },
});

const reopen = callKind<Pick<ThreadDetails, "client">, FaultyModel, FaultyClients>({
  name: "reopen",
  weight: 1,
  outcomes: ["done"],
  details: fc.record({ client: fc.nat(1) }),
  prepare: ({ client }, _model, clients): Call => ({
    description: `client ${client + 1}: close and reopen`,
    async perform() {
      await clients.reopen(client);
      return "done";
    },
  }),
});

export const faultyCalls: readonly FaultyCallKind[] = [save, remove, load, list, reopen];
