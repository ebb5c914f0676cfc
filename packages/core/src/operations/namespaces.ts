import { isCursorText, sealJson, unsealJson } from "../encoding/sealed-json.ts";
import { ThreadStoreError } from "../errors.ts";
import { isNamespaceWithin } from "../listing/namespace-range.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { withRetries } from "../runtime/retry.ts";
import type { NamespacesRequest, StoredNamespaces, ThreadDriver } from "../thread-driver.ts";
import type { NamespacePage, NamespacesOptions } from "../thread-store.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checkedLimit } from "../validation/limit.ts";
import { levelName } from "../validation/names.ts";

/** Nested namespaces do not count towards a page, so this limits the requests of a call. Then its page may be short. */
const MAX_DRIVER_PAGES = 10;
const CURSOR_KIND = "namespaces";

/** A position in the namespaces of a store. */
interface NamespacesPosition {
  readonly after: string | undefined;
  /**
   * The levels that were returned and can come up again: those with which the last name that was read begins. Names
   * that begin with the same text are adjacent, but `a-b` can lie between `a` and `a/c`.
   */
  readonly returned: readonly string[];
}

/** The validated options of a listing of namespaces. */
export interface NamespacesListing {
  readonly limit: number;
  readonly start: NamespacesPosition;
}

export function namespacesListing(
  { name: store }: ThreadDriver,
  namespace: string,
  { limit, cursor }: NamespacesOptions,
): NamespacesListing {
  const start =
    cursor === undefined ? { after: undefined, returned: [] } : positionIn(cursor, store, namespace);
  return { limit: checkedLimit(limit), start };
}

/** Returns a page of the names of the namespaces directly in the context's, in or below which records exist. */
export async function listNamespaces(
  context: OperationContext,
  { limit, start }: NamespacesListing,
): Promise<NamespacePage> {
  const { namespace, driver } = context;
  const levelOffset = namespace === "" ? 0 : namespace.length + 1;
  const names: string[] = [];
  let { after } = start;
  let { returned } = start;
  for (let pages = 0; pages < MAX_DRIVER_PAGES && names.length < limit; pages += 1) {
    const page = await readNamespaces(context, { within: namespace, after, limit: limit - names.length });
    for (const stored of page.namespaces) {
      if (stored === namespace) continue;
      const path = stored.slice(levelOffset);
      const [level = ""] = path.split("/", 1);
      returned = returned.filter((earlier) => path.startsWith(earlier));
      const name = levelName(level);
      if (name === undefined || returned.includes(level)) continue;
      returned = [...returned, level];
      names.push(name);
    }
    if (page.next === undefined) return { namespaces: names, cursor: undefined };
    after = page.next;
  }
  const cursor = sealJson([CURSOR_KIND, driver.name, namespace, after ?? null, returned]);
  return { namespaces: names, cursor };
}

function invalidCursor(cause?: unknown): ThreadStoreError {
  return invalidArgument(
    "`cursor` must be the cursor of an earlier page of namespaces of the same namespace. Omit it to start from the beginning.",
    cause,
  );
}

function positionIn(cursor: unknown, store: string, namespace: string): NamespacesPosition {
  const position = unsealJson(cursor);
  if (!Array.isArray(position)) throw invalidCursor();
  const [kind, ofStore, ofNamespace, after, returned] = position as readonly unknown[];
  if (kind !== CURSOR_KIND || ofStore !== store || ofNamespace !== namespace) throw invalidCursor();
  if (!isCursorText(after) || !Array.isArray(returned)) throw invalidCursor();
  return { after, returned: returned.filter((level) => typeof level === "string") };
}

/** Reads a page from the driver. Throws `BACKEND_ERROR` if the driver breaks its contract. */
export async function readNamespaces(
  context: OperationContext,
  request: NamespacesRequest,
): Promise<StoredNamespaces> {
  const { driver, signal } = context;
  let page: StoredNamespaces;
  try {
    page = await withRetries(context, () => driver.listNamespaces(request, { signal }));
  } catch (error) {
    throw ThreadStoreError.is(error, "INVALID_ARGUMENT") ? invalidCursor(error.cause) : error;
  }
  const doesAdvance = page.next === undefined || page.next !== request.after;
  if (doesAdvance && page.namespaces.every((name) => isNamespaceWithin(name, request.within))) return page;
  throw new ThreadStoreError(
    "BACKEND_ERROR",
    `The ${driver.name} driver returned a page of namespaces that does not advance or contains others. ` +
      "Test the driver with @threadstore/conformance.",
  );
}
