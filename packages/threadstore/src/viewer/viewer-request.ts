import type { ThreadStore } from "@threadstore/core";
import type { ViewerAccess, ViewerSettings } from "./options.ts";

/** An authorized request. */
export interface ViewerRequest {
  readonly request: Request;
  /** The store that the application returned. */
  readonly root: ThreadStore;
  /** The namespace of the request in it. */
  readonly store: ThreadStore;
  readonly namespace: readonly string[];
  /** The id of the thread; empty for requests that are not about one. */
  readonly id: string;
  readonly settings: ViewerSettings;
  /** Asks the application again when details of the request are known that its path does not contain. */
  readonly authorize: (access: ViewerAccess) => Promise<Response | ThreadStore>;
}
