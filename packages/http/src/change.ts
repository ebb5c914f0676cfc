import type { ThreadStore } from "@threadstore/core";
import type { Access, HandlerSettings } from "./options.ts";

/** A request that changes a thread. */
export interface Change {
  readonly request: Request;
  readonly threads: ThreadStore;
  readonly id: string;
  readonly settings: HandlerSettings;
  /** Asks the application again, when more than the path is known about the request. */
  readonly authorize: (access: Access) => Promise<Response | ThreadStore>;
}
