import { isCursorText, sealJson, unsealJson } from "../encoding/sealed-json.ts";
import { ThreadStoreError } from "../errors.ts";
import {
  KNOWN_NAMESPACES,
  type KnownNamespaces,
  type KnownNamespacesOption,
  knownWithin,
  remember,
} from "../listing/known-namespaces.ts";
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
  /** What the caller's walk has listed before. */
  readonly known: KnownNamespaces | undefined;
}

export function namespacesListing(
  { name: store }: ThreadDriver,
  namespace: string,
  { limit, cursor, [KNOWN_NAMESPACES]: known }: NamespacesOptions & KnownNamespacesOption,
): NamespacesListing {
  const start =
    cursor === undefined ? { after: undefined, returned: [] } : positionIn(cursor, store, namespace);
  return { limit: checkedLimit(limit), start, known };
}

/** Returns a page of the names of the namespaces directly in the context's, in or below which records exist. */
export async function listNamespaces(
  context: OperationContext,
  { limit, start, known }: NamespacesListing,
): Promise<NamespacePage> {
  const { namespace, driver } = context;
  if (known !== undefined && start.after === undefined) {
    const nested = knownWithin(known, driver, namespace);
    const { names } = addLevels({ names: [], returned: [] }, namespace, nested ?? []);
    if (nested !== undefined && names.length <= limit) return { namespaces: names, cursor: undefined };
  }
  const listed: string[] = [];
  let { after } = start;
  let levels: Levels = { names: [], returned: start.returned };
  for (let pages = 0; pages < MAX_DRIVER_PAGES && levels.names.length < limit; pages += 1) {
    const request = { within: namespace, after, limit: limit - levels.names.length };
    const page = await readNamespaces(context, request);
    listed.push(...page.namespaces);
    levels = addLevels(levels, namespace, page.namespaces);
    after = page.next;
    if (after === undefined) break;
  }
  const listing = { within: namespace, names: listed, after: start.after, next: after };
  if (known !== undefined) remember(known, driver, listing);
  const position = [CURSOR_KIND, driver.name, namespace, after ?? null, levels.returned];
  return { namespaces: levels.names, cursor: after === undefined ? undefined : sealJson(position) };
}

/** The names on a page, and {@link NamespacesPosition.returned}. */
interface Levels {
  readonly names: string[];
  readonly returned: readonly string[];
}

/** Adds the names directly in a namespace that lead to stored namespaces. */
function addLevels(levels: Levels, namespace: string, stored: readonly string[]): Levels {
  const levelOffset = namespace === "" ? 0 : namespace.length + 1;
  const names = [...levels.names];
  let { returned } = levels;
  for (const each of stored) {
    if (each === namespace) continue;
    const path = each.slice(levelOffset);
    const [level = ""] = path.split("/", 1);
    returned = returned.filter((earlier) => path.startsWith(earlier));
    const name = levelName(level);
    if (name === undefined || returned.includes(level)) continue;
    returned = [...returned, level];
    names.push(name);
  }
  return { names, returned };
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
