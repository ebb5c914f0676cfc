import type { ListOptions, ThreadMetadata, ThreadStore, ThreadSummary } from "@threadstore/core";
import { allSummaries, type Bug, type Mutant, mutant, pageOf } from "./mutant.ts";

type Matches = (metadata: ThreadMetadata, where: ThreadMetadata) => boolean;

/** Filters by metadata with `matches`, given the threads that exist. */
function filtering(
  matches: Matches,
  others: (inner: ThreadStore) => Promise<readonly ThreadSummary[]> = async () => [],
): Bug {
  return (inner) => ({
    async listPage(options = {}) {
      const { where, cursor, limit } = options;
      if (where === undefined) return inner.listPage(options);
      // Rejects invalid options.
      await inner.listPage({ ...options, cursor: undefined });
      const all = [...(await allSummaries(inner)), ...(await others(inner))];
      const selected = all.filter(({ metadata = {} }) => matches(metadata, where));
      return pageOf(selected, Number(cursor ?? 0), limit);
    },
  });
}

function compared(compare: (value: string, wanted: string) => boolean): Matches {
  return (metadata, where) =>
    Object.entries(where).every(
      ([name, wanted]) => Object.hasOwn(metadata, name) && compare(metadata[name] ?? "", wanted),
    );
}

const exactly = compared((value, wanted) => value === wanted);

function joined(members: ThreadMetadata): string[] {
  return Object.entries(members).map(([name, value]) => `${name}\0${value}`);
}

/** The metadata that an index has, which some saves do not change. */
function indexed(
  changes: (before: ThreadMetadata | undefined, saved: ThreadMetadata) => ThreadMetadata,
): Bug {
  const index = new Map<string, ThreadMetadata>();
  return (inner) => ({
    async save(id, thread, options) {
      const saved = await inner.save(id, thread, options);
      index.set(id, changes(index.get(id), saved.metadata));
      return saved;
    },
    async listPage(options = {}) {
      const { where, ...others } = options;
      if (where === undefined) return inner.listPage(options);
      const page = await inner.listPage({ ...others, limit: 1000 });
      return { ...page, threads: page.threads.filter(({ id }) => exactly(index.get(id) ?? {}, where)) };
    },
  });
}

function listing(change: (options: ListOptions) => ListOptions): Bug {
  return (inner) => ({
    async listPage(options = {}) {
      await inner.listPage({ ...options, cursor: undefined });
      return inner.listPage(change(options));
    },
  });
}

/** Bugs of a listing with `where`. */
export const whereMutants: readonly Mutant[] = [
  mutant("where ignored", "lists all threads despite where", ["L7-1"], () => filtering(() => true)),
  mutant("where ignored by recency", "ignores where in a listing by recency", ["L7-1"], () =>
    listing(({ where, ...options }) => (options.order === "updated" ? options : { ...options, where })),
  ),
  mutant("where without case", "compares values of metadata without case", ["L7-1"], () =>
    filtering(compared((value, wanted) => value.toLowerCase() === wanted.toLowerCase())),
  ),
  mutant("where by prefix", "matches values that begin with the one of where", ["L7-1"], () =>
    filtering(compared((value, wanted) => value.startsWith(wanted))),
  ),
  mutant("trimmed values", "compares values of metadata without spaces at the end", ["L7-1"], () =>
    filtering(compared((value, wanted) => value.trimEnd() === wanted.trimEnd())),
  ),
  mutant("normalized values", "normalizes values of metadata before it compares them", ["L7-1"], () =>
    filtering(compared((value, wanted) => value.normalize() === wanted.normalize())),
  ),
  mutant("missing is empty", "takes a missing member of metadata for an empty one", ["L7-1"], () =>
    filtering((metadata, where) =>
      Object.entries(where).every(([name, wanted]) => (metadata[name] ?? "") === wanted),
    ),
  ),
  mutant("any member", "matches threads that have one of several members of where", ["L7-1"], () =>
    filtering((metadata, where) => {
      const names = Object.keys(where);
      return names.length === 0 || names.some((name) => metadata[name] === where[name]);
    }),
  ),
  mutant("all of the metadata", "matches only threads that have no other metadata", ["L7-1"], () =>
    filtering(
      (metadata, where) =>
        Object.keys(where).length === 0 ||
        (Object.keys(metadata).length === Object.keys(where).length && exactly(metadata, where)),
    ),
  ),
  mutant("values of any name", "matches a value of any member of the metadata", ["L7-1"], () =>
    filtering((metadata, where) =>
      Object.values(where).every((wanted) => Object.values(metadata).includes(wanted)),
    ),
  ),
  mutant("joined members", "joins name and value with a NUL for its index", ["L7-1"], () =>
    filtering((metadata, where) => joined(where).every((each) => joined(metadata).includes(each))),
  ),
  mutant("where in all namespaces", "lists matching threads of other namespaces, too", ["L7-1"], () =>
    filtering(exactly, (inner) => allSummaries(inner.namespace("ann"))),
  ),
  mutant("index of new threads", "indexes metadata only when a thread is created", ["L7-2"], () =>
    indexed((before, saved) => before ?? saved),
  ),
  mutant("index that only grows", "keeps the metadata of earlier saves in its index", ["L7-2"], () =>
    indexed((before, saved) => ({ ...before, ...saved })),
  ),
  mutant("index of given metadata", "forgets metadata that a save keeps", ["L7-2"], () => {
    const kept = new Set<string>();
    return (inner) => ({
      async save(id, thread, options) {
        if (options?.metadata === undefined) kept.add(id);
        else kept.delete(id);
        return inner.save(id, thread, options);
      },
      async listPage(options = {}) {
        const page = await inner.listPage(options);
        return options.where === undefined
          ? page
          : { ...page, threads: page.threads.filter(({ id }) => !kept.has(id)) };
      },
    });
  }),
  mutant("where on the first page", "ignores where after the first page", ["L7-3"], () => (inner) => {
    const cursors = new Map<string, string>();
    return {
      async listPage({ where, cursor, ...options } = {}) {
        if (where === undefined) return inner.listPage({ ...options, cursor });
        const page =
          cursor === undefined
            ? await inner.listPage({ ...options, where })
            : await inner.listPage({ ...options, cursor: cursors.get(cursor) ?? cursor });
        if (cursor === undefined && page.cursor !== undefined) {
          const last = page.cursor.slice(page.cursor.lastIndexOf('{"updatedAt":'));
          const all = await inner.listPage({ ...options, limit: 1 });
          const start = all.cursor?.slice(0, all.cursor.lastIndexOf('{"updatedAt":')) ?? "";
          cursors.set(page.cursor, start + last);
        }
        return page;
      },
    };
  }),
  mutant(
    "where after the limit",
    "filters a page after its limit, and ends at an empty one",
    ["L7-3"],
    () => {
      return (inner) => ({
        async listPage({ where, ...options } = {}) {
          if (where === undefined) return inner.listPage(options);
          await inner.listPage({ where });
          const page = await inner.listPage({ ...options, metadata: true });
          const threads = page.threads.filter(({ metadata = {} }) => exactly(metadata, where));
          return { threads, cursor: threads.length === 0 ? undefined : page.cursor };
        },
      });
    },
  ),
  mutant("where adds metadata", "lists metadata that was not requested if where is", ["L7-3"], () =>
    listing((options) => (options.where === undefined ? options : { ...options, metadata: true })),
  ),
  mutant("any where", "lists all threads if where is invalid", ["L7-4"], () => (inner) => ({
    listPage: ({ where, ...options } = {}) =>
      inner.listPage({ ...options, where }).catch(() => inner.listPage(options)),
  })),
  mutant("cursor of any where", "accepts the cursor of another where", ["L7-4"], () => (inner) => {
    const filters = new Map<string, ListOptions["where"]>();
    return {
      async listPage(options = {}) {
        await inner.listPage({ ...options, cursor: undefined });
        const where = filters.get(options.cursor ?? "") ?? options.where;
        const page = await inner.listPage({ ...options, where });
        if (page.cursor !== undefined) filters.set(page.cursor, where);
        return page;
      },
    };
  }),
  mutant("corrupt never matches", "leaves corrupt threads out although where is empty", ["L7-5"], () => {
    return (inner) => ({
      async listPage(options = {}) {
        const page = await inner.listPage(options);
        const { where } = options;
        return where === undefined
          ? page
          : { ...page, threads: page.threads.filter((each) => !each.corrupt) };
      },
    });
  }),
  mutant("corrupt matches", "lists corrupt threads, whatever where is", ["L7-5"], () => (inner) => ({
    async listPage(options = {}) {
      const page = await inner.listPage(options);
      if (options.where === undefined) return page;
      const { threads } = await inner.listPage({ order: options.order });
      return { ...page, threads: [...page.threads, ...threads.filter(({ corrupt }) => corrupt)] };
    },
  })),
];
