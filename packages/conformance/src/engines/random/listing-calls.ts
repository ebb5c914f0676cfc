import type { ThreadSummary } from "@threadstore/core";
import fc from "fast-check";
import { holds, same, show } from "../../suite/expectations.ts";
import { pause } from "./arbitraries.ts";
import { type Call, type CallKind, callKind, type Clients } from "./command.ts";
import { factsOf, type Model, type Space } from "./model.ts";

interface OfSpace {
  readonly client: number;
  readonly space: Space;
  readonly limit: number;
}

const ofSpace: fc.Arbitrary<OfSpace> = fc.record({
  client: fc.nat(1),
  space: fc.constantFrom<Space[]>(0, 0, 1),
  limit: fc.constantFrom(1, 2, 3, 1000),
});

function placeOf({ client, space }: OfSpace): string {
  return `client ${client + 1}${space === 1 ? ", inner namespace" : ""}`;
}

/** That summaries tell of the live threads, each once and in order. */
function checkSummaries(model: Model, space: Space, summaries: readonly ThreadSummary[]): void {
  const live = model.allLive(space);
  const ids = summaries.map(({ id }) => id);
  same(ids.toSorted(), [...live.keys()].toSorted(), "a listing has every live thread once");
  checkOrder(ids);
  for (const summary of summaries) checkSummary(model, space, summary);
}

function checkSummary(model: Model, space: Space, summary: ThreadSummary): void {
  const expected = model.live(space, summary.id);
  holds(expected !== undefined, "a listing has live threads only", `it has ${show(summary.id)}`);
  const told = summary.corrupt ? "corrupt" : { ...factsOf(summary), metadata: summary.metadata };
  same(told, { ...factsOf(expected), metadata: expected.metadata }, "a summary tells of the last save");
}

function checkOrder(ids: readonly string[]): void {
  const plain = ids.filter((id) => /^[\w.-]+$/u.test(id));
  same(plain, plain.toSorted(), "a listing is in ascending order where ids are of 0-9A-Za-z._-");
}

/** All of a space, by the client. */
export async function checkListing(model: Model, clients: Clients, at: OfSpace): Promise<number> {
  const summaries: ThreadSummary[] = [];
  const { limit } = at;
  for await (const summary of clients.view(at.client, at.space).list({ limit, metadata: true })) {
    summaries.push(summary);
    // A cursor that goes round in circles would never end.
    if (summaries.length > model.ids.length) break;
  }
  checkSummaries(model, at.space, summaries);
  return summaries.length;
}

const list = callKind<OfSpace>({
  name: "list",
  weight: 1,
  outcomes: ["some"],
  details: ofSpace,
  prepare: (at, model, clients): Call => ({
    text: `${placeOf(at)}: list in pages of ${at.limit}`,
    make: async () => ((await checkListing(model, clients, at)) === 0 ? "nothing" : "some"),
  }),
});

/** Begins a listing, or goes on with the one that was begun, perhaps by another client and before other calls. */
const page = callKind<OfSpace>({
  name: "page",
  weight: 3,
  outcomes: ["more to come", "last"],
  details: ofSpace,
  prepare(at, model, clients): Call {
    const begun = model.listings[at.space];
    const limit = (begun?.limit ?? at.limit === 2) ? 2 : 1;
    return {
      text: `${placeOf(at)}: ${begun === undefined ? "first" : "next"} page of ${limit}`,
      async make() {
        const throughout = begun?.throughout ?? new Set(model.allLive(at.space).keys());
        const found = await clients
          .view(at.client, at.space)
          .listPage({ limit, cursor: begun?.cursor, metadata: true });
        holds(
          found.threads.length <= limit,
          "a page has at most limit threads",
          `it had ${found.threads.length}`,
        );
        for (const summary of found.threads) checkSummary(model, at.space, summary);
        const seen = [...(begun?.seen ?? []), ...found.threads.map(({ id }) => id)];
        model.listings[at.space] =
          found.cursor === undefined ? undefined : { limit, cursor: found.cursor, throughout, seen };
        const expected = [...throughout].toSorted();
        const listed = seen.filter((id) => throughout.has(id)).toSorted();
        if (found.cursor === undefined)
          same(listed, expected, "a thread that exists throughout a listing appears in it once");
        holds(new Set(listed).size === listed.length, "no thread appears twice", `seen were ${show(seen)}`);
        checkOrder(seen.filter((id) => throughout.has(id)));
        return found.cursor === undefined ? "last" : "more to come";
      },
    };
  },
});

const advance = callKind<{ readonly milliseconds: number }>({
  name: "advance",
  weight: 2,
  outcomes: ["done"],
  details: fc.record({ milliseconds: pause }),
  prepare: ({ milliseconds }, model): Call => ({
    text: `the clock moves by ${milliseconds} ms`,
    async make() {
      model.advance(milliseconds);
      return "done";
    },
  }),
});

const deleteExpired = callKind<OfSpace>({
  name: "deleteExpired",
  weight: 1,
  outcomes: ["done"],
  details: ofSpace,
  prepare: (at, model, clients): Call => ({
    text: `${placeOf(at)}: deleteExpired`,
    async make() {
      const { deleted } = await clients.view(at.client, at.space).deleteExpired();
      holds(Number.isInteger(deleted) && deleted >= 0, "deleteExpired counts", `it deleted ${show(deleted)}`);
      await checkListing(model, clients, at);
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
    text: `client ${client + 1} closes and opens anew`,
    async make() {
      await clients.reopen(client);
      return "done";
    },
  }),
});

export const spaceCalls: readonly CallKind[] = [list, page, advance, deleteExpired];

export const reopening: readonly CallKind[] = [reopen];
