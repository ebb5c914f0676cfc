import type { ThreadMetadata, ThreadStore, ThreadSummary } from "@threadstore/core";
import { storedName } from "@threadstore/core/documents";
import { checkedName } from "./session-service-error.ts";

/** Where the state of an application or a user is stored. */
export interface StateLocation {
  readonly store: ThreadStore;
  readonly id: string;
}

/** Where the sessions and the state of a user are stored. */
export interface UserLocation {
  readonly sessions: ThreadStore;
  readonly userState: StateLocation;
  readonly appState: StateLocation;
}

/** Where a session is stored. */
export interface SessionLocation extends UserLocation {
  readonly id: string;
  /** Preserves the names for listings, because the id and the namespace do not contain long names. */
  readonly metadata: ThreadMetadata;
}

/**
 * The longest names that are stored unchanged, in bytes of UTF-8. Together they leave some 150 of the 512 bytes of a
 * namespace to the store that the application passes.
 */
const MAX_BYTES = { appName: 150, userId: 200, sessionId: 400 } as const;
const STATE = "state";

type NameOption = keyof typeof MAX_BYTES;

/** Returns the namespace of an application. Throws `INVALID_ARGUMENT`. */
export function appNamespace(store: ThreadStore, appName: unknown, path = "appName"): ThreadStore {
  return store.namespace(nameIn(appName, "appName", path));
}

/** Returns the location of a user's sessions. Throws `INVALID_ARGUMENT`. */
export function locateUser(
  store: ThreadStore,
  names: { readonly appName?: unknown; readonly userId?: unknown },
  parent = "",
): UserLocation {
  const app = appNamespace(store, names.appName, `${parent}appName`);
  const sessions = app.namespace(nameIn(names.userId, "userId", `${parent}userId`));
  return {
    sessions,
    userState: { store: sessions.namespace(STATE), id: STATE },
    appState: { store: app, id: STATE },
  };
}

/** Returns the location of a session. Throws `INVALID_ARGUMENT`. */
export function locateSession(
  store: ThreadStore,
  names: { readonly appName?: unknown; readonly userId?: unknown; readonly sessionId?: unknown },
  parent = "",
): SessionLocation {
  const { userId, sessionId } = names;
  const path = parent === "" ? "sessionId" : `${parent}id`;
  const id = nameIn(sessionId, "sessionId", path);
  const metadata = { user: String(userId), session: String(sessionId) };
  return { ...locateUser(store, names, parent), id, metadata };
}

/** Returns the names of a listed session. */
export function namesOf({ id, metadata }: ThreadSummary): { readonly userId: string; readonly id: string } {
  return { userId: metadata?.["user"] ?? "", id: metadata?.["session"] ?? id };
}

/** Returns a name that every store accepts. Throws `INVALID_ARGUMENT`. */
function nameIn(name: unknown, option: NameOption, path: string): string {
  return storedName(checkedName(name, path), { maxBytes: MAX_BYTES[option] });
}
