import {
  type AppendEventRequest,
  BaseSessionService,
  createSession,
  type CreateSessionRequest,
  type DeleteSessionRequest,
  type Event,
  type GetSessionConfig,
  type GetSessionRequest,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type Session,
  trimTempDeltaState,
} from "@google/adk";
import { type AppendResult, type ThreadStore, ThreadStoreError, type Version } from "@threadstore/core";
import { canonicalJson, createId, type OptionNames, textDigest } from "@threadstore/core/documents";
import { listSessions } from "./listing.ts";
import { locateSession, type SessionLocation } from "./location.ts";
import {
  checkedStore,
  sessionExists,
  SessionServiceError,
  sessionNotFound,
} from "./session-service-error.ts";
import { divideDelta, isTemporary, loadState, mergedState, saveState } from "./state.ts";
import { jsonObjectOf, newSessionThread, readSession, storedEvent } from "./stored-session.ts";

/** Options of {@link ThreadStoreSessionService}. */
export interface ThreadStoreSessionServiceOptions {
  /** The store to keep the sessions in. Pass a namespace that nothing else uses: `store.namespace("adk")`. */
  readonly store: ThreadStore;
}

const OPTION_NAMES: OptionNames<ThreadStoreSessionServiceOptions> = { store: true };

/**
 * A session service for Google's Agent Development Kit in any `ThreadStore`, to pass as `sessionService` to a `Runner`.
 * Creating one does not access the store. Several processes can use one session at the same time.
 *
 * Calls reject with a `SessionServiceError` or with the store's `ThreadStoreError`.
 */
export class ThreadStoreSessionService extends BaseSessionService {
  readonly #store: ThreadStore;
  /** The stored version that a session object shows. */
  readonly #versions = new WeakMap<Session, Version>();

  /** Throws `INVALID_ARGUMENT` for invalid options. */
  constructor(options: ThreadStoreSessionServiceOptions) {
    super();
    this.#store = checkedStore(options, OPTION_NAMES);
  }

  /** Rejects with `SESSION_EXISTS` if a session with this id exists. */
  override async createSession({
    appName,
    userId,
    state,
    sessionId,
  }: CreateSessionRequest): Promise<Session> {
    const id = sessionId === undefined || sessionId === "" ? createId() : sessionId;
    const location = locateSession(this.#store, { appName, userId, sessionId: id });
    const delta = divideDelta(jsonObjectOf(state ?? {}, "state"));
    const changesShared = Object.keys({ ...delta.app, ...delta.user }).length > 0;
    // The shared state of an application must not change if the session exists.
    if (changesShared && (await location.sessions.load(location.id)) !== undefined) throw sessionExists();
    await Promise.all([saveState(location.appState, delta.app), saveState(location.userState, delta.user)]);
    const thread = newSessionThread(delta.session);
    const [stored, shared] = await Promise.all([saveNew(location, thread), loadShared(location)]);
    const session = createSession({
      id,
      appName,
      userId,
      state: mergedState({ ...shared, session: delta.session }),
      lastUpdateTime: stored.updatedAt.getTime(),
    });
    this.#versions.set(session, stored.version);
    return session;
  }

  override async getSession(request: GetSessionRequest): Promise<Session | undefined> {
    const { appName, userId, sessionId, config } = request;
    const session = createSession({ id: sessionId, appName, userId });
    const location = locateSession(this.#store, request);
    if (!(await this.#refresh(session, location))) return undefined;
    session.events = requestedEvents(session.events, config);
    return session;
  }

  /** If several calls create the same session at the same time, one succeeds and the others get that session. */
  override async getOrCreateSession(request: CreateSessionRequest): Promise<Session> {
    try {
      return await super.getOrCreateSession(request);
    } catch (error) {
      if (!SessionServiceError.is(error, "SESSION_EXISTS")) throw error;
      const { appName, userId, sessionId = "" } = request;
      const session = await this.getSession({ appName, userId, sessionId });
      if (session === undefined) throw error;
      return session;
    }
  }

  override async listSessions(request: ListSessionsRequest): Promise<ListSessionsResponse> {
    return listSessions(this.#store, request);
  }

  override async deleteSession(request: DeleteSessionRequest): Promise<void> {
    const { sessions, id } = locateSession(this.#store, request);
    await sessions.delete(id);
  }

  /**
   * Appends an event, once if it is passed repeatedly. The cost does not depend on the length of the session. If
   * another process has appended since `session` was read, this also updates `session` from the store, as the SDK's
   * `DatabaseSessionService` does. Rejects with `SESSION_NOT_FOUND` if the session does not exist.
   */
  override async appendEvent({ session, event }: AppendEventRequest): Promise<Event> {
    if (event.partial === true) return event;
    const { id: sessionId, appName, userId } = session;
    const location = locateSession(this.#store, { appName, userId, sessionId }, "session.");
    const { json, delta } = storedEvent(event);
    const key = textDigest(canonicalJson([userId, sessionId, json]));
    const { app, user } = divideDelta(delta);
    const isShared = Object.keys({ ...app, ...user }).length > 0;
    if (isShared && !this.#versions.has(session)) await this.#requireSession(session, location);
    // Saved before the event, so that after a crash, the state has the changes of all stored events.
    await Promise.all([saveState(location.appState, app, key), saveState(location.userState, user, key)]);
    const previous = this.#versions.get(session);
    const result = previous === undefined ? undefined : await append(location, json, { key, previous });
    const isNew = result?.appended === true && !session.events.some(({ id }) => id === event.id);
    if (isNew) {
      await super.appendEvent({ session, event });
      this.#versions.set(session, result.version);
      session.lastUpdateTime = result.updatedAt.getTime();
      return event;
    }
    // The session object is outdated, or this service has not returned it, or the event was already stored.
    const appended = result ?? (await append(location, json, { key }));
    if (appended === undefined) throw sessionNotFound();
    await this.#requireSession(session, location);
    return trimTempDeltaState(event);
  }

  async #requireSession(session: Session, location: SessionLocation): Promise<void> {
    if (!(await this.#refresh(session, location))) throw sessionNotFound();
  }

  /** Updates a session object from the store, except for its temporary state. Resolves with whether it exists. */
  async #refresh(session: Session, location: SessionLocation): Promise<boolean> {
    const [stored, shared] = await Promise.all([location.sessions.load(location.id), loadShared(location)]);
    if (stored === undefined) return false;
    const { state, events } = readSession(stored.thread);
    const temporary = Object.entries(session.state).filter(([key]) => isTemporary(key));
    const merged = mergedState({ ...shared, session: state });
    session.state = Object.fromEntries<unknown>([...Object.entries(merged), ...temporary]);
    session.events = events;
    session.lastUpdateTime = stored.updatedAt.getTime();
    this.#versions.set(session, stored.version);
    return true;
  }
}

/** Resolves with `undefined` if the session is not at version `previous`, or does not exist. */
async function append(
  { sessions, id }: SessionLocation,
  event: object,
  options: { readonly key: string; readonly previous?: Version | undefined },
): Promise<AppendResult | undefined> {
  try {
    return await sessions.append(id, [event], options);
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}

async function saveNew({ sessions, id, metadata }: SessionLocation, thread: object) {
  try {
    return await sessions.save(id, thread, { metadata });
  } catch (error) {
    throw ThreadStoreError.is(error, "CONFLICT") ? sessionExists() : error;
  }
}

async function loadShared({ appState, userState }: SessionLocation) {
  const [app, user] = await Promise.all([loadState(appState), loadState(userState)]);
  return { app, user };
}

/** Selects events in the same way as the SDK's `InMemorySessionService`. */
function requestedEvents(events: Event[], config: GetSessionConfig | undefined): Event[] {
  const { numRecentEvents = 0, afterTimestamp = 0 } = config ?? {};
  const recent = numRecentEvents === 0 ? events : events.slice(-numRecentEvents);
  if (afterTimestamp === 0) return recent;
  return recent.slice(recent.findLastIndex(({ timestamp }) => timestamp < afterTimestamp) + 1);
}
