import type { ThreadMetadata, ThreadSummary } from "@threadstore/core";
import fc from "fast-check";
import { expectTrue, expectEqual, show } from "../../suite/expectations.ts";
import { LIST_ORDERS, type ListOrder } from "../../utilities/list-orders.ts";
import { clockAdvanceMs } from "./arbitraries.ts";
import { type Call, type CallKind, callKind, type Clients, describeClient } from "./command.ts";
import { factsOf, type Model, type NamespaceIndex } from "./model.ts";

interface ListingDetails {
  readonly client: number;
  readonly namespace: NamespaceIndex;
  readonly limit: number;
  readonly order: ListOrder;
  /** An index into the model's ids: lists only the threads with some of that thread's metadata. */
  readonly whose: number | undefined;
}

const listingDetails: fc.Arbitrary<ListingDetails> = fc.record({
  client: fc.nat(1),
  namespace: fc.constantFrom<NamespaceIndex[]>(0, 0, 1),
  limit: fc.constantFrom(1, 2, 3, 1000),
  order: fc.constantFrom(...LIST_ORDERS),
  whose: fc.constantFrom(undefined, 0, 1),
});

/** Asserts that the summaries describe every live thread that matches once and in order. */
function checkSummaries(
  model: Model,
  { namespace, order }: ListingDetails,
  where: ThreadMetadata,
  summaries: readonly ThreadSummary[],
): void {
  const expected = [...model.allLive(namespace)].flatMap(([id, { metadata }]) =>
    hasMembers(metadata, where) ? [id] : [],
  );
  const ids = summaries.map(({ id }) => id);
  expectEqual(ids.toSorted(), expected.toSorted(), "a listing has every live thread that matches once");
  for (const summary of summaries) checkSummary(model, namespace, summary);
  if (order === "id") checkOrder(ids);
  else if (model.isRecencyExact) checkRecency(summaries);
}

function hasMembers(metadata: ThreadMetadata, where: ThreadMetadata): boolean {
  return Object.entries(where).every(
    ([name, value]) => Object.hasOwn(metadata, name) && metadata[name] === value,
  );
}

function checkRecency(summaries: readonly ThreadSummary[]): void {
  const times = summaries.map(({ updatedAt }) => Number(updatedAt));
  const latestFirst = times.toSorted((one, other) => other - one);
  expectEqual(times, latestFirst, "a listing by recency has the latest save first");
  for (const group of Map.groupBy(summaries, ({ updatedAt }) => Number(updatedAt)).values())
    checkOrder(group.map(({ id }) => id));
}

/** Returns the first member of the metadata of a thread of the model, if it has any. */
function whereOf(model: Model, { namespace, whose }: ListingDetails): ThreadMetadata {
  if (whose === undefined) return {};
  const { metadata = {} } = model.live(namespace, model.ids[whose % model.ids.length] ?? "") ?? {};
  return Object.fromEntries(Object.entries(metadata).slice(0, 1));
}

function checkSummary(model: Model, namespace: NamespaceIndex, summary: ThreadSummary): void {
  const expected = model.live(namespace, summary.id);
  expectTrue(expected !== undefined, "a listing has only live threads", `it has ${show(summary.id)}`);
  const actual = summary.corrupt ? "corrupt" : { ...factsOf(summary), metadata: summary.metadata };
  expectEqual(
    actual,
    { ...factsOf(expected), metadata: expected.metadata },
    "a summary describes the last save",
  );
}

/** The ids whose order the contract determines. Stores may name records of longer ones by a hash. */
const ORDERED_ID = /^[\w.-]{1,256}$/u;

function checkOrder(ids: readonly string[]): void {
  const plain = ids.filter((id) => ORDERED_ID.test(id));
  expectEqual(plain, plain.toSorted(), "a listing has ids of the characters 0-9A-Za-z._- in ascending order");
}

/** Lists a namespace completely and checks the result. Resolves with the number of threads. */
export async function checkListing(model: Model, clients: Clients, details: ListingDetails): Promise<number> {
  const { client, namespace, limit, order } = details;
  const where = whereOf(model, details);
  const options = { order, where, limit, metadata: true };
  const summaries: ThreadSummary[] = [];
  for await (const summary of clients.view(client, namespace).list(options)) {
    summaries.push(summary);
    // If a cursor repeats, the listing would never end.
    if (summaries.length > model.ids.length) break;
  }
  checkSummaries(model, details, where, summaries);
  return summaries.length;
}

function describeOrder({ order, whose }: ListingDetails): string {
  const filter = whose === undefined ? "" : `, where metadata is that of thread ${whose + 1},`;
  return `by ${order === "id" ? "id" : "recency"}${filter}`;
}

const list = callKind<ListingDetails>({
  name: "list",
  weight: 1,
  outcomes: ["some"],
  details: listingDetails,
  prepare: (details, model, clients): Call => ({
    description: `${describeClient(details)}: list ${describeOrder(details)} in pages of ${details.limit}`,
    perform: async () => ((await checkListing(model, clients, details)) === 0 ? "none" : "some"),
  }),
});

/** Starts a listing or continues one, perhaps one that another client started before other calls. */
const page = callKind<ListingDetails>({
  name: "page",
  weight: 3,
  outcomes: ["more to come", "last"],
  details: listingDetails,
  prepare(details, model, clients): Call {
    const { client, namespace } = details;
    const listing = model.listings[namespace];
    const limit = (listing?.limit ?? details.limit === 2) ? 2 : 1;
    return {
      description: `${describeClient(details)}: ${listing === undefined ? "first" : "next"} page of ${limit}`,
      async perform() {
        const persistentIds = listing?.persistentIds ?? new Set(model.allLive(namespace).keys());
        const { threads, cursor } = await clients
          .view(client, namespace)
          .listPage({ limit, cursor: listing?.cursor, metadata: true });
        expectTrue(threads.length <= limit, "a page has at most `limit` threads", `it had ${threads.length}`);
        for (const summary of threads) checkSummary(model, namespace, summary);
        const listedIds = [...(listing?.listedIds ?? []), ...threads.map(({ id }) => id)];
        model.listings[namespace] =
          cursor === undefined ? undefined : { limit, cursor, persistentIds, listedIds };
        const expected = [...persistentIds].toSorted();
        const listed = listedIds.filter((id) => persistentIds.has(id));
        if (cursor === undefined)
          expectEqual(
            listed.toSorted(),
            expected,
            "a thread that exists throughout a listing appears in it once",
          );
        expectTrue(
          new Set(listed).size === listed.length,
          "no thread appears twice in a listing",
          `it had ${show(listedIds)}`,
        );
        checkOrder(listed);
        return cursor === undefined ? "last" : "more to come";
      },
    };
  },
});

const advance = callKind<{ readonly milliseconds: number }>({
  name: "advance",
  weight: 2,
  outcomes: ["done"],
  details: fc.record({ milliseconds: clockAdvanceMs }),
  prepare: ({ milliseconds }, model): Call => ({
    description: `the clock ${milliseconds < 0 ? "steps back" : "advances"} by ${Math.abs(milliseconds)} ms`,
    async perform() {
      model.advance(milliseconds);
      return "done";
    },
  }),
});

const deleteExpired = callKind<ListingDetails>({
  name: "deleteExpired",
  weight: 1,
  outcomes: ["done"],
  details: listingDetails,
  prepare: (details, model, clients): Call => ({
    description: `${describeClient(details)}: deleteExpired`,
    async perform() {
      const { deleted } = await clients.view(details.client, details.namespace).deleteExpired();
      expectTrue(
        Number.isInteger(deleted) && deleted >= 0,
        "deleteExpired returns the number of deleted threads",
        `it returned ${show(deleted)}`,
      );
      await checkListing(model, clients, details);
      return "done";
    },
  }),
});

const reopen = callKind<{ readonly client: number }>({
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

export const listingCalls: readonly CallKind[] = [list, page, advance, deleteExpired];

export const reopenCalls: readonly CallKind[] = [reopen];
