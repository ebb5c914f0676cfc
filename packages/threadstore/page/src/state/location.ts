import { useSyncExternalStore } from "react";

export const VIEWS = ["conversation", "raw", "versions", "growth", "details"] as const;
export type View = (typeof VIEWS)[number];

/** The state of the page. The query of the address contains it, so that each view has a link. */
export interface PageState {
  readonly namespace: string;
  readonly thread: string | undefined;
  readonly view: View;
  readonly search: string;
  /** The path of the part to scroll to. */
  readonly at: string | undefined;
  /** An older version of the thread. */
  readonly version: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

const CHANGED = "viewer:navigate";

function read(query: string): PageState {
  const parameters = new URLSearchParams(query);
  const get = (name: string) => parameters.get(name) ?? undefined;
  const view = VIEWS.find((name) => name === get("view")) ?? "conversation";
  return {
    namespace: get("namespace") ?? "",
    thread: get("thread"),
    view,
    search: get("search") ?? "",
    at: get("at"),
    version: get("version"),
    from: get("from"),
    to: get("to"),
  };
}

/** The address of a state of the page. */
export function addressOf({ view, ...state }: PageState): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value !== undefined && (value !== "" || name === "thread")) parameters.set(name, value);
  }
  if (view !== "conversation") parameters.set("view", view);
  const query = parameters.toString();
  return query === "" ? "./" : `?${query}`;
}

/** The state in which a thread is open, without the marks of the previous one. */
export function openedThread(state: PageState, thread: string | undefined): PageState {
  const view = thread === undefined ? "conversation" : state.view;
  return { ...state, thread, view, at: undefined, version: undefined, from: undefined, to: undefined };
}

/** Changes the state. With `replace`, the browser's history does not get another entry. */
export function navigate(state: PageState, { replace = false }: { readonly replace?: boolean } = {}): void {
  const address = addressOf(state);
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener(CHANGED, listener);
  window.addEventListener("popstate", listener);
  return () => {
    window.removeEventListener(CHANGED, listener);
    window.removeEventListener("popstate", listener);
  };
}

let cached: { readonly query: string; readonly state: PageState } | undefined;

/** The current state. Returns the same object until the address changes. */
export function currentState(): PageState {
  const query = window.location.search;
  if (cached?.query !== query) cached = { query, state: read(query) };
  return cached.state;
}

export function usePageState(): PageState {
  return useSyncExternalStore(subscribe, currentState);
}
