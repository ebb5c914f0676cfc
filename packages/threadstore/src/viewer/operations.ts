import { showConversation } from "./conversation.ts";
import { diff, load, versions } from "./history.ts";
import { erase, namespaces } from "./namespaces.ts";
import type { ViewerOperation } from "./options.ts";
import { check, repair } from "./repair.ts";
import { session } from "./session.ts";
import { fork, threads } from "./threads.ts";
import type { ViewerRequest } from "./viewer-request.ts";

type Operation = (request: ViewerRequest) => Promise<Response>;

/** The operations other than serving the page. */
export const OPERATIONS: { readonly [Name in Exclude<ViewerOperation, "page">]: Operation } = {
  check,
  conversation: showConversation,
  delete: threads,
  diff,
  erase,
  fork,
  list: threads,
  load,
  namespaces,
  repair,
  session,
  update: threads,
  versions,
};
