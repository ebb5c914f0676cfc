import type { ThreadStore } from "@threadstore/core";
import {
  changeBySaving,
  checkLayers,
  type DecoratedCall,
  type DecoratedOperations,
  forwardOperations,
  returnedThreads,
  wrapThreadStore,
} from "@threadstore/core/decorator";
import { RESERVED_NAME } from "./format/names.ts";
import { deleteExpired } from "./operations/delete-expired.ts";
import { deleteThread } from "./operations/delete.ts";
import { listPage } from "./operations/list-page.ts";
import { loadThread } from "./operations/load.ts";
import { saveThread } from "./operations/save.ts";
import { type AttachmentsOptions, resolveOptions } from "./options.ts";
import type { NamespaceContext, ThreadContext, ThreadState } from "./thread-context.ts";

/** Shared by all stores of this package, so that one recognizes threads that another has returned. */
const returned = returnedThreads<ThreadState>();

/**
 * Creates a store that keeps the long binary strings of its threads (images, audio and files in base64) in separate
 * records of `store`, once per thread, and restores them byte for byte when a thread is loaded. Threads that `store`
 * already contains stay readable. The result owns `store` and closes it. Throws a `TypeError` for invalid options, and if
 * `store` keeps history, because older versions would lose their attachments.
 */
export function withAttachments(store: ThreadStore, options: AttachmentsOptions = {}): ThreadStore {
  const resolved = resolveOptions(options, store);
  checkLayers("attachments", store);
  return wrapThreadStore(store, {
    name: "attachments",
    maxThreadBytes: resolved.maxThreadBytes,
    reservedName: RESERVED_NAME,
    returnedThreads: returned,
    operations(namespace) {
      const { inner, sideRecords } = namespace;
      const context: NamespaceContext = { threads: inner, attachments: sideRecords, options: resolved };
      const on = (id: string, call: DecoratedCall): ThreadContext => ({ ...context, id, call });
      const operations: Pick<DecoratedOperations<ThreadState>, "load" | "save"> = {
        save: (save, call) => saveThread(on(save.id, call), save),
        load: (load, call) => loadThread(on(load.id, call), load),
      };
      return {
        // Attachments are in nested namespaces, which the inner store erases, too.
        ...forwardOperations(namespace),
        ...operations,
        ...changeBySaving(operations),
        delete: (deletion, call) => deleteThread(on(deletion.id, call), deletion),
        listPage: (listOptions, call) => listPage(context, listOptions, call),
        deleteExpired: (deleteOptions, call) => deleteExpired(context, deleteOptions, call),
      };
    },
  });
}
