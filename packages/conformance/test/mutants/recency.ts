import type { ListOptions, ThreadStore, ThreadSummary } from "@threadstore/core";
import { ALL_BY_ID } from "@threadstore/core/driver";
import { type Bug, type Mutant, mutant, pageOf } from "./mutant.ts";
import { driverMutant } from "./network-mutant.ts";

/** A position in the cursors of the plain store. */
interface Position {
  readonly updatedAt: number;
  readonly id: string;
}

const POSITION = '{"updatedAt":';

function positionOf({ updatedAt, id }: ThreadSummary): Position {
  return { updatedAt: updatedAt?.getTime() ?? 0, id };
}

function latestFirst(one: Position, other: Position): number {
  return other.updatedAt - one.updatedAt || (one.id < other.id ? -1 : 1);
}

async function allMatching(inner: ThreadStore, { prefix, where }: ListOptions): Promise<ThreadSummary[]> {
  const all: ThreadSummary[] = [];
  for await (const summary of inner.list({ prefix, where, limit: 1000 })) all.push(summary);
  return all;
}

interface Rules {
  /** The threads to list, given those that exist. */
  readonly entries?: (all: ThreadSummary[], inner: ThreadStore) => readonly ThreadSummary[];
  readonly position?: (summary: ThreadSummary) => Position;
  readonly compare?: (one: Position, other: Position) => number;
  readonly follows?: (entry: Position, position: Position) => boolean;
}

/** Lists by recency with some rules replaced, and with the cursors of the correct store. */
function byRecency(rules: Rules): Bug {
  const { entries = (all) => all, position: of = positionOf, compare = latestFirst } = rules;
  const { follows = (entry, position) => entry.id !== position.id && compare(position, entry) < 0 } = rules;
  return (inner) => ({
    async listPage(options = {}) {
      const { cursor, limit = 100 } = options;
      // Rejects invalid options.
      const correct = await inner.listPage(options);
      if (options.order !== "updated") return correct;
      const position: Position | undefined =
        cursor === undefined ? undefined : JSON.parse(cursor.slice(cursor.lastIndexOf(POSITION)));
      const following = entries(await allMatching(inner, options), inner)
        .filter((each) => position === undefined || follows(of(each), position))
        .toSorted((one, other) => compare(of(one), of(other)));
      const threads = following.slice(0, limit);
      const last = following.length > limit ? threads.at(-1) : undefined;
      const { cursor: first = "" } = await inner.listPage({ ...options, cursor: undefined, limit: 1 });
      const start = first.slice(0, first.lastIndexOf(POSITION));
      return { threads, cursor: last && start + JSON.stringify(of(last)) };
    },
  });
}

/** Lists, in addition, the entries that saves and deletes should have removed from an index. */
function withStaleEntries(on: "save" | "delete"): Bug {
  const stale = new Map<string, ThreadSummary>();
  const rules = byRecency({ entries: (all) => [...all, ...stale.values()] });
  return (inner, context) => {
    const remember = async (id: string): Promise<void> => {
      for (const each of await allMatching(inner, { prefix: id }))
        if (each.id === id) stale.set(`${id} ${each.version}`, each);
    };
    return {
      ...rules(inner, context),
      async save(id, ...parameters) {
        if (on === "save") await remember(id);
        return inner.save(id, ...parameters);
      },
      async delete(id, ...parameters) {
        if (on === "delete") await remember(id);
        return inner.delete(id, ...parameters);
      },
    };
  };
}

/** Lists a thread that was overwritten at the time of the save before. */
function withoutOverwrites(): Bug {
  const times = new Map<string, number>();
  const rules = byRecency({
    position: (each) => ({ id: each.id, updatedAt: times.get(each.id) ?? positionOf(each).updatedAt }),
  });
  return (inner, context) => ({
    ...rules(inner, context),
    async save(id, thread, options) {
      const saved = await inner.save(id, thread, options);
      if (options?.overwrite !== true || !times.has(id)) times.set(id, saved.updatedAt.getTime());
      return saved;
    },
  });
}

function inSeconds({ updatedAt, id }: Position): Position {
  return { updatedAt: Math.floor(updatedAt / 1000), id };
}

export const recencyMutants: readonly Mutant[] = [
  mutant("recency ignored", "lists by id despite order updated", ["L6-1"], () => (inner) => ({
    listPage: async (options = {}) => {
      const page = await inner.listPage(options);
      return options.order === "updated" ? inner.listPage({ ...options, order: "id" }) : page;
    },
  })),
  mutant("order of creation", "lists the threads that were created last first", ["L6-1"], () =>
    byRecency({ position: ({ id, createdAt }) => ({ id, updatedAt: createdAt?.getTime() ?? 0 }) }),
  ),
  mutant("oldest first", "lists the latest save last", ["L6-1"], () =>
    byRecency({ compare: (one, other) => -latestFirst(one, other) }),
  ),
  mutant("recency in seconds", "orders by recency to the second only", ["L6-1"], () =>
    byRecency({ compare: (one, other) => latestFirst(inSeconds(one), inSeconds(other)) }),
  ),
  mutant(
    "overwrites do not count",
    "does not move a thread that is overwritten",
    ["L6-1"],
    withoutOverwrites,
  ),
  mutant("ties descend", "lists ids of the same time in descending order", ["L6-2"], () =>
    byRecency({
      compare: (one, other) => other.updatedAt - one.updatedAt || (one.id < other.id ? 1 : -1),
    }),
  ),
  mutant(
    "ties lost",
    "continues after the time of a cursor, without the threads of the same time",
    ["L6-2"],
    () => byRecency({ follows: (entry, position) => entry.updatedAt < position.updatedAt }),
  ),
  mutant("ties repeated", "continues with all threads of the time of a cursor", ["L6-2"], () =>
    byRecency({ follows: (entry, position) => entry.updatedAt <= position.updatedAt }),
  ),
  mutant("recency by offset", "counts threads to find the next page by recency", ["L6-3"], () => (inner) => ({
    async listPage(options = {}) {
      const { cursor, limit, order } = options;
      if (order !== "updated") return inner.listPage(options);
      const all = (await allMatching(inner, options)).toSorted((one, other) =>
        latestFirst(positionOf(one), positionOf(other)),
      );
      return pageOf(all, Number(cursor ?? 0), limit);
    },
  })),
  mutant("entries stay after saves", "lists a saved thread at its old position, too", ["L6-1"], () =>
    withStaleEntries("save"),
  ),
  mutant("entries stay after deletes", "lists deleted threads by recency", ["L6-6"], () =>
    withStaleEntries("delete"),
  ),
  mutant("cursor of any order", "accepts the cursor of another order", ["L6-4"], () => (inner) => ({
    listPage: async (options = {}) => {
      const { order, cursor } = options;
      await inner.listPage({ order });
      const isOther = cursor?.includes(order === "updated" ? '"id","' : '"updated","') ?? false;
      return inner.listPage(
        isOther ? { ...options, order: order === "updated" ? "id" : "updated" } : options,
      );
    },
  })),
  mutant("any order", "lists by id in an order that does not exist", ["L6-4"], () => (inner) => ({
    listPage: ({ order, ...options } = {}) =>
      inner.listPage({ ...options, order: order === "updated" ? order : "id" }),
  })),
  mutant("no prefix by recency", "ignores a prefix in a listing by recency", ["L6-5"], () => (inner) => ({
    listPage: ({ prefix, ...options } = {}) =>
      inner.listPage(options.order === "updated" ? options : { ...options, prefix }),
  })),
  mutant(
    "no corrupt threads by recency",
    "leaves corrupt threads out of a listing by recency",
    ["L6-7"],
    () => byRecency({ entries: (all) => all.filter(({ corrupt }) => !corrupt) }),
  ),
  driverMutant("sorted in the client", "reads all records to list the latest ones", ["L6-8"], (inner) => ({
    ...inner,
    async list(namespace, page, options) {
      if (page.order !== "updated") return inner.list(namespace, page, options);
      const { records } = await inner.list(namespace, { ...ALL_BY_ID, limit: 1000 }, options);
      await Promise.all(records.map(({ id }) => inner.read({ namespace, id }, undefined, options)));
      return inner.list(namespace, page, options);
    },
  })),
];
