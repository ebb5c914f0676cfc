import type { StoredThread, ThreadStore, ThreadSummary } from "@threadstore/core";
import fc from "fast-check";
import { show } from "../../../suite/expectations.ts";
import type { ThreadValues } from "../arbitraries.ts";
import { type Call, callKind, idOf } from "../command.ts";
import { describeFault, faultChoice } from "./faults.ts";
import { type CallDetails, callDetails, type FaultyCallKind, faultyChanges } from "./faulty-changes.ts";
import type { FaultyClients, FaultyModel } from "./faulty-model.ts";
import { readDuringFault } from "./reading.ts";

const load = callKind<CallDetails & { readonly usesCached: boolean }, FaultyModel, FaultyClients>({
  name: "load",
  weight: 5,
  outcomes: ["found", "not found"],
  // The last client is the observer.
  details: fc.record({
    ...callDetails,
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

const list = callKind<Pick<CallDetails, "client" | "fault">, FaultyModel, FaultyClients>({
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

const reopen = callKind<Pick<CallDetails, "client">, FaultyModel, FaultyClients>({
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

export function faultyCalls(threads: ThreadValues): readonly FaultyCallKind[] {
  return [...faultyChanges(threads), load, list, reopen];
}
