import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { EraseOptions, EraseResult } from "@threadstore/core/maintenance";
import type { PlainData, PlainRow } from "../stores/plain/plain-record.ts";
import { type Bug, type Mutant, mutant, wrapStore } from "./mutant.ts";

type Path = readonly string[];

/** A store that knows the path of each of its views. */
function withPath(makeBug: (path: Path, inner: ThreadStore, data: PlainData) => Partial<ThreadStore>): Bug {
  const at =
    (path: Path): Bug =>
    (inner, { data, options }) => ({
      namespace: (name) => wrapStore(inner.namespace(name), { data, options }, at([...path, name])),
      ...makeBug(path, inner, data),
    });
  return at([]);
}

/** Returns the paths of all namespaces with rows, in the order of their escaped names. */
function pathsIn(data: PlainData, hasRows = true): Path[] {
  const escaped = (path: Path): string =>
    path.map((name) => name.replace(/[%/]/gu, encodeURIComponent)).join("/");
  return [...data]
    .flatMap(([namespace, rows]) => (rows.size > 0 || !hasRows ? [JSON.parse(namespace) as string[]] : []))
    .toSorted((left, right) => (escaped(left) < escaped(right) ? -1 : 1));
}

function isWithin(path: Path, within: Path): boolean {
  return within.every((name, depth) => path[depth] === name);
}

/** A store that lists these names on one page. Invalid options are rejected. */
function namesOnOnePage(namesOf: (path: Path, data: PlainData) => string[]): Bug {
  return withPath((path, inner, data) => ({
    namespaces: async (options) => {
      await inner.namespaces(options);
      return { namespaces: namesOf(path, data), cursor: undefined };
    },
  }));
}

/** A store that erases the namespaces for which `includes` holds. */
function erasing(includes: (path: Path, within: Path) => boolean): Bug {
  return withPath((within, inner, data) => ({
    erase: async (options) => {
      const rows = [...data].flatMap(([namespace, own]) => {
        const path = JSON.parse(namespace) as string[];
        return includes(path, within) && !isWithin(path, within) ? [own] : [];
      });
      for (const own of rows) own.clear();
      const skipped = [...data].filter(([namespace]) => {
        const path = JSON.parse(namespace) as string[];
        return isWithin(path, within) && !includes(path, within);
      });
      for (const [namespace] of skipped) data.delete(namespace);
      const result = await inner.erase(options);
      for (const [namespace, own] of skipped) data.set(namespace, own);
      return result;
    },
  }));
}

/** A store whose erase uses other options, or returns another result. */
function withErase(
  change: (
    erase: (options: EraseOptions) => Promise<EraseResult>,
    options: EraseOptions,
  ) => Promise<EraseResult>,
): Bug {
  return (inner) => ({ erase: (options = {}) => change((changed) => inner.erase(changed), options) });
}

export const namespaceListingMutants: readonly Mutant[] = [
  mutant(
    "no nested namespaces",
    "lists only namespaces that have threads of their own",
    ["N5-1", "N5-2"],
    () =>
      namesOnOnePage((path, data) =>
        pathsIn(data).flatMap((each) =>
          each.length === path.length + 1 && isWithin(each, path) ? each.slice(-1) : [],
        ),
      ),
  ),
  mutant("empty namespaces", "lists namespaces whose threads were deleted", ["N5-2"], () =>
    namesOnOnePage((path, data) => [
      ...new Set(
        pathsIn(data, false).flatMap((each) =>
          isWithin(each, path) ? (each.slice(path.length)[0] ?? []) : [],
        ),
      ),
    ]),
  ),
  mutant("one page of namespaces", "lists only the first page of namespaces", ["N5-1", "N5-3"], () => {
    return (inner) => ({
      namespaces: async (options) => ({ ...(await inner.namespaces(options)), cursor: undefined }),
    });
  }),
  mutant(
    "namespaces twice",
    "lists a namespace again when it comes to one that is nested in it",
    ["N5-1"],
    () =>
      namesOnOnePage((path, data) =>
        pathsIn(data)
          .flatMap((each) => (isWithin(each, path) ? (each.slice(path.length)[0] ?? []) : []))
          .filter((name, n, names) => name !== names[n - 1]),
      ),
  ),
  mutant("escaped names", "lists namespaces by the names under which it stores them", ["N5-1"], () => {
    return (inner) => ({
      namespaces: async (options) => {
        const page = await inner.namespaces(options);
        return {
          ...page,
          namespaces: page.namespaces.map((name) => name.replace(/[%/]/gu, encodeURIComponent)),
        };
      },
    });
  }),
  mutant("siblings as children", "lists namespaces whose names begin like that of the view", ["N5-1"], () =>
    namesOnOnePage((path, data) => {
      const start = path.join("/");
      const below = pathsIn(data).flatMap((each) => {
        const text = each.join("/");
        return text.startsWith(start) && text !== start ? [text.slice(start.length).replace(/^\//u, "")] : [];
      });
      return [...new Set(below.map((text) => text.split("/")[0] ?? ""))];
    }),
  ),
  mutant("any cursor of namespaces", "starts over at an unknown cursor of namespaces", ["N5-3"], () => {
    return (inner) => ({
      namespaces: async (options = {}) =>
        inner.namespaces(options).catch((error: unknown) => {
          if (options.cursor === undefined || !ThreadStoreError.is(error)) throw error;
          return inner.namespaces({ ...options, cursor: undefined });
        }),
    });
  }),
];

export const erasureMutants: readonly Mutant[] = [
  mutant("erases siblings", "erases all namespaces whose names begin with the name", ["X1-1"], () =>
    erasing((path, within) => path.join("/").startsWith(within.join("/"))),
  ),
  mutant("erases one level", "does not erase nested namespaces", ["X1-1", "X1-2"], () =>
    erasing((path, within) => path.length === within.length && isWithin(path, within)),
  ),
  mutant("erases only nested", "does not erase the threads of the namespace itself", ["X1-1", "X1-2"], () =>
    erasing((path, within) => path.length > within.length && isWithin(path, within)),
  ),
  mutant("erases one page", "erases only the first page of a namespace", ["X1-2"], () =>
    withPath((_, inner, data) => ({
      erase: async (options) => {
        const late = [...data.values()].flatMap((rows) =>
          [...rows].slice(100).map((entry) => ({ rows, entry })),
        );
        for (const { rows, entry } of late) rows.delete(entry[0]);
        const result = await inner.erase(options);
        for (const { rows, entry } of late) rows.set(...entry);
        return result;
      },
    })),
  ),
  mutant("erases by position", "skips threads because it deletes what it is listing", ["X1-2"], () =>
    withPath((_, inner, data) => ({
      erase: async (options) => {
        const skipped = [...data.values()].flatMap((rows) =>
          [...rows].filter((_entry, n) => n % 10 === 9).map((entry) => ({ rows, entry })),
        );
        for (const { rows, entry } of skipped) rows.delete(entry[0]);
        const result = await inner.erase(options);
        for (const { rows, entry } of skipped) rows.set(...entry);
        return result;
      },
    })),
  ),
  mutant("receipt of the past", "remembers the totals of earlier erases", ["X1-2"], () => {
    let earlier = 0;
    return withErase(async (erase, options) => {
      const result = await erase(options);
      earlier += result.threads;
      return { ...result, threads: earlier };
    });
  }),
  mutant("no end of an erase", "never says that an erase has finished", ["X1-1", "X1-2"], () =>
    withErase(async (erase, options) => ({ ...(await erase(options)), finishedAt: undefined })),
  ),
  mutant(
    "expired threads uncounted",
    "does not count expired threads that it erases",
    ["X1-3"],
    () => (inner) => ({
      erase: async (options) => {
        await inner.deleteExpired();
        return inner.erase(options);
      },
    }),
  ),
  mutant("corrupt records kept", "fails to erase a corrupt record", ["X1-3"], () => (inner) => ({
    erase: async (options) => {
      for await (const { id } of inner.list()) await inner.load(id);
      return inner.erase(options);
    },
  })),
  mutant("erase of listed versions", "leaves a thread that was saved after it was listed", ["X1-4"], () =>
    withPath((path, inner, data) => ({
      erase: async (options = {}) => {
        const listed = new Map<Map<string, PlainRow>, Map<string, PlainRow>>();
        for (const each of pathsIn(data)) {
          const rows = data.get(JSON.stringify(each));
          if (rows !== undefined && isWithin(each, path)) listed.set(rows, new Map(rows));
        }
        const changed: (() => void)[] = [];
        const onProgress: EraseOptions["onProgress"] = async (report) => {
          await options.onProgress?.(report);
          for (const [rows, before] of listed) {
            for (const [id, row] of [...rows].filter(
              ([key, { version }]) => before.get(key)?.version !== version,
            )) {
              rows.delete(id);
              changed.push(() => void rows.set(id, row));
            }
          }
        };
        const result = await inner.erase({ ...options, onProgress: options.onProgress && onProgress });
        for (const restore of changed) restore();
        return result;
      },
    })),
  ),
  mutant("totals of one call", "counts only the threads of the last call of an erase", ["X2-1"], () =>
    withErase(async (erase, options) => {
      let first: number | undefined;
      const result = await erase({
        ...options,
        onProgress: async (report) => {
          first ??= report.threads;
          await options.onProgress?.(report);
        },
      });
      return { ...result, threads: result.threads - (first ?? 0) };
    }),
  ),
  mutant(
    "gone is uncounted",
    "uncounts threads that it finds deleted when it continues",
    ["X2-1", "X2-4"],
    () =>
      withPath((_, inner, data) => ({
        erase: async ({ cursor, ...options } = {}) => {
          if (cursor === undefined || !cursor.startsWith("[")) return inner.erase({ ...options, cursor });
          const [method, path, [startedAt, threads, bytes, counted]] = JSON.parse(cursor) as [
            string,
            Path,
            [number, number, number, string[]],
          ];
          const stored = new Set(
            [...data].flatMap(([namespace, rows]) =>
              [...rows.keys()].map((id) => JSON.stringify([JSON.parse(namespace), id])),
            ),
          );
          const present = counted.filter((key) => stored.has(key));
          const totals = [startedAt, threads - counted.length + present.length, bytes, present];
          return inner.erase({ ...options, cursor: JSON.stringify([method, path, totals]) });
        },
      })),
  ),
  mutant("counted twice", "counts threads again that were counted before it was interrupted", ["X2-1"], () =>
    withErase(async (erase, { cursor, ...options }) => {
      const result = await erase({ ...options, cursor });
      return { ...result, threads: result.threads + (cursor === undefined ? 0 : 1) };
    }),
  ),
  mutant("error of progress ignored", "continues although `onProgress` throws", ["X2-1"], () =>
    withErase((erase, { onProgress, ...options }) =>
      erase({
        ...options,
        onProgress:
          typeof onProgress === "function"
            ? async (report) => {
                try {
                  await onProgress(report);
                } catch {
                  // Ignored.
                }
              }
            : onProgress,
      }),
    ),
  ),
  mutant("no progress", "does not report the progress of an erase", ["X2-2"], () =>
    withErase(async (erase, { onProgress, ...options }) => {
      let last: Parameters<NonNullable<typeof onProgress>>[0] | undefined;
      const result = await erase({
        ...options,
        onProgress: onProgress && ((report) => void (last = report)),
      });
      if (last !== undefined) await onProgress?.(last);
      return result;
    }),
  ),
  mutant("progress counts ahead", "reports threads as deleted that are deleted next", ["X2-2"], () =>
    withErase((erase, { onProgress, ...options }) =>
      erase({
        ...options,
        onProgress: onProgress && (async (report) => onProgress({ ...report, threads: report.threads + 1 })),
      }),
    ),
  ),
  mutant("others' deletions", "counts threads that another erase deletes", ["X2-3"], () => {
    return withPath((path, inner, data) => ({
      erase: async (options) => {
        const count = pathsIn(data)
          .filter((each) => isWithin(each, path))
          .reduce((sum, each) => sum + (data.get(JSON.stringify(each))?.size ?? 0), 0);
        const result = await inner.erase(options);
        return options?.cursor === undefined ? { ...result, threads: count } : result;
      },
    }));
  }),
  mutant("any cursor of an erase", "starts over at an unknown cursor of an erase", ["X3-1"], () => {
    return (inner) => ({
      erase: async (options = {}) =>
        inner.erase(options).catch((error: unknown) => {
          if (options.cursor === undefined || !ThreadStoreError.is(error)) throw error;
          return inner.erase({ ...options, cursor: undefined });
        }),
    });
  }),
];
