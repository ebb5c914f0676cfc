import {
  type ListOptions,
  type ThreadPage,
  type ThreadStore,
  type ThreadSummary,
  ThreadStoreError,
} from "@threadstore/core";
import type { ListedRecord } from "@threadstore/core/driver";
import { type Bug, allSummaries, type Mutant, mutant, pageOf } from "./mutant.ts";
import { driverMutant } from "./network-mutant.ts";

/**
 * A store that creates pages from the whole listing, with the position as cursor. Invalid limits and cursors are
 * rejected.
 */
function paged(
  inner: ThreadStore,
  arrange: (all: ThreadSummary[]) => readonly ThreadSummary[],
): (options?: ListOptions) => Promise<ThreadPage> {
  return async (options = {}) => {
    const { cursor, limit, signal } = options;
    await inner.listPage({ limit: limit ?? 1, signal });
    if (cursor !== undefined && !/^\d+$/u.test(cursor))
      throw new ThreadStoreError("INVALID_ARGUMENT", "No cursor.");
    const all = arrange(await allSummaries(inner));
    const page = pageOf(all, Number(cursor ?? 0), limit);
    const threads = page.threads.map((each) => (options.metadata === true ? each : withoutMetadata(each)));
    return { ...page, threads };
  };
}

function withoutMetadata({ metadata: _metadata, ...summary }: ThreadSummary): ThreadSummary {
  return summary;
}

/** A store that changes the pages of a correct one. */
function pages(change: (page: ThreadPage, options: ListOptions) => ThreadPage | Promise<ThreadPage>): Bug {
  return (inner) => ({
    listPage: async (options = {}) => change(await inner.listPage(options), options),
  });
}

/** A store with its own cursors. */
function withCursors(
  encode: (cursor: string, of: object) => string,
  decode: (cursor: string, of: object) => string,
): Bug {
  return (inner) => ({
    listPage: async (options = {}) => {
      const { cursor: userCursor } = options;
      const page = await inner.listPage({
        ...options,
        cursor: typeof userCursor === "string" ? decode(userCursor, inner) : userCursor,
      });
      return { ...page, cursor: page.cursor === undefined ? undefined : encode(page.cursor, inner) };
    },
  });
}

/** A store that lists the ids for which `matches` holds instead of those that begin with the prefix. */
function withFilter(
  inner: ThreadStore,
  matches: (id: string, prefix: string) => boolean,
): (options?: ListOptions) => Promise<ThreadPage> {
  return async ({ prefix, ...options } = {}) => {
    // Rejects invalid prefixes.
    if (prefix === undefined || prefix === "") return inner.listPage({ ...options, prefix });
    if (options.cursor === undefined) await inner.listPage({ ...options, prefix });
    const own = paged(inner, (all) => all.filter(({ id }) => matches(id, prefix)));
    return own(options);
  };
}

function likePattern(prefix: string): RegExp {
  const wildcards: { readonly [character: string]: string } = { "%": ".*", _: "." };
  // Every other character by its code point, so that none is special.
  const parts = Array.from(
    prefix,
    (character) => wildcards[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return new RegExp(`^${parts.join("")}`, "su");
}

export const listingMutants: readonly Mutant[] = [
  mutant("endless cursor", "returns a cursor with the last page, too", ["L1-1", "L1-5"], () => {
    return (inner) => ({
      listPage: async (options = {}) => {
        if (options.cursor === "end") return { threads: [], cursor: undefined };
        const page = await inner.listPage(options);
        return { ...page, cursor: page.cursor ?? "end" };
      },
    });
  }),
  mutant("inclusive cursor", "starts a page with the last thread of the previous one", ["L1-2"], () => {
    const lastOf = new Map<string, ThreadSummary | undefined>();
    return pages((page, { cursor }) => {
      const before = cursor === undefined ? undefined : lastOf.get(cursor);
      if (page.cursor !== undefined) lastOf.set(page.cursor, page.threads.at(-1));
      return before === undefined ? page : { ...page, threads: [before, ...page.threads] };
    });
  }),
  mutant("first thousand", "lists only what fits one page of the backend", ["L1-3"], () => (inner) => ({
    listPage: paged(inner, (all) => all.slice(0, 1000)),
  })),
  mutant("cached listing", "lists from an outdated cache", ["E4-2"], () => {
    const cache = new WeakMap<object, Promise<ThreadPage>>();
    return (inner) => ({
      listPage: (options) => {
        const page = cache.get(inner) ?? inner.listPage(options);
        cache.set(inner, page);
        return page;
      },
    });
  }),
  mutant(
    "cursor by offset",
    "continues at a position, like OFFSET in SQL",
    ["L1-8", "L1-9", "L1-12"],
    () => (inner) => ({
      listPage: paged(inner, (all) => all),
    }),
  ),
  mutant("order of saves", "lists in the order of the latest saves", ["L2-1"], () => (inner) => ({
    listPage: paged(inner, (all) =>
      all.toSorted(
        (a, b) =>
          (a.updatedAt?.getTime() ?? 0) - (b.updatedAt?.getTime() ?? 0) || (a.version < b.version ? -1 : 1),
      ),
    ),
  })),
  mutant("trimmed cursor", "cuts a cursor off at white space or NUL at its end", ["L1-4"], () =>
    withCursors(
      // The cursors of the correct store end with an id in JSON.
      (cursor) => cursor.replace(/(?:\\u0000|\\[nrt]|\s)+"\}$/u, ""),
      (cursor) => cursor,
    ),
  ),
  mutant("cursors in memory", "keeps its cursors in the memory of the client", ["L1-10"], () => {
    const cursorsByClient = new WeakMap<object, Map<string, string>>();
    return withCursors(
      (cursor, client) => {
        const own = cursorsByClient.get(client) ?? new Map<string, string>();
        cursorsByClient.set(client, own);
        const key = String(own.size);
        own.set(key, cursor);
        return key;
      },
      (cursor, client) => cursorsByClient.get(client)?.get(cursor) ?? "unknown",
    );
  }),
  mutant("size in characters", "reports sizes in characters", ["L4-2"], () => (inner) => ({
    listPage: async (options) => {
      const page = await inner.listPage(options);
      const threads: ThreadSummary[] = [];
      for (const each of page.threads) {
        const { json = "" } = (await inner.load(each.id)) ?? {};
        threads.push(each.corrupt ? each : { ...each, size: json.length });
      }
      return { ...page, threads };
    },
  })),
  mutant("any cursor", "starts over at an unknown cursor", ["L1-11"], () => (inner) => ({
    listPage: async (options = {}) => {
      try {
        return await inner.listPage(options);
      } catch (error) {
        if (!ThreadStoreError.is(error, "INVALID_ARGUMENT") || options.cursor === undefined) throw error;
        return inner.listPage({ ...options, cursor: undefined });
      }
    },
  })),
  mutant("one listing at a time", "has one position for all listings", ["L1-7"], () => (inner) => {
    let current: AsyncIterable<ThreadSummary> | undefined;
    return {
      list: (options) => {
        current ??= inner.list(options);
        return current;
      },
    };
  }),
  mutant("clamped limit", "replaces an invalid limit by a valid one", ["L1-6"], () => (inner) => ({
    listPage: (options = {}) => {
      const { limit = 100 } = options;
      const isRight = Number.isInteger(limit) && limit >= 1 && limit <= 1000;
      return inner.listPage({ ...options, limit: isRight ? limit : 100 });
    },
  })),
  mutant("prefix ignored", "lists all threads despite a prefix", ["L5-1", "L5-2"], () => (inner) => ({
    listPage: ({ prefix: _prefix, ...options } = {}) => inner.listPage(options),
  })),
  mutant("prefix without case", "compares a prefix without regard to case", ["L5-1"], () => (inner) => ({
    listPage: withFilter(inner, (id, prefix) => id.toLowerCase().startsWith(prefix.toLowerCase())),
  })),
  mutant(
    "normalized prefix",
    "normalizes ids and prefix before it compares them",
    ["L5-1"],
    () => (inner) => ({
      listPage: withFilter(inner, (id, prefix) => id.normalize().startsWith(prefix.normalize())),
    }),
  ),
  mutant("prefix as pattern", "uses a prefix as a LIKE pattern", ["L5-1"], () => (inner) => ({
    listPage: withFilter(inner, (id, prefix) => likePattern(prefix).test(id)),
  })),
  mutant(
    "prefix of words",
    "lists an id only if a separator follows the prefix",
    ["L5-1"],
    () => (inner) => ({
      listPage: withFilter(
        inner,
        (id, prefix) => id === prefix || /^[^0-9a-z]/iu.test(id.slice(prefix.length)),
      ),
    }),
  ),
  mutant("prefix of short ids", "does not find long ids by a prefix", ["L5-1"], () => (inner) => ({
    listPage: withFilter(
      inner,
      (id, prefix) => id.startsWith(prefix) && (Buffer.byteLength(id) <= 256 || prefix.length <= 256),
    ),
  })),
  mutant("page filtered", "applies a prefix to the page, after its limit", ["L5-2"], () => (inner) => ({
    listPage: async ({ prefix, ...options } = {}) => {
      await inner.listPage({ prefix });
      const page = await inner.listPage(options);
      return { ...page, threads: page.threads.filter(({ id }) => id.startsWith(prefix ?? "")) };
    },
  })),
  mutant("cursor of any prefix", "accepts the cursor of another prefix", ["L5-2"], () => (inner) => {
    return {
      listPage: async ({ prefix = "", cursor, ...options } = {}) => {
        await inner.listPage({ prefix });
        const [, own = "", of = ""] = /^(.*)\n(.*)$/su.exec(cursor ?? "") ?? [];
        const page = await inner.listPage({ ...options, prefix: of || prefix, cursor: own || cursor });
        return { ...page, cursor: page.cursor === undefined ? undefined : `${page.cursor}\n${prefix}` };
      },
    };
  }),
  driverMutant(
    "prefix filtered in the client",
    "reads all pages to find the threads with a prefix",
    ["L5-3"],
    (inner) => ({
      ...inner,
      async list(namespace, { after, limit, prefix, ...request }, options) {
        const records: ListedRecord[] = [];
        let next = after;
        do {
          const page = await inner.list(namespace, { ...request, after: next, limit, prefix: "" }, options);
          records.push(...page.records.filter(({ id }) => id.startsWith(prefix)));
          ({ next } = page);
        } while (next !== undefined && records.length < limit);
        return {
          records: records.slice(0, limit),
          next: records.length < limit ? undefined : records[limit - 1]?.id,
        };
      },
    }),
  ),
];
