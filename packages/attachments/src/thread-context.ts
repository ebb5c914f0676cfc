import type { ThreadStore } from "@threadstore/core";
import type { DecoratedCall, DecoratedThread } from "@threadstore/core/decorator";
import type { AttachmentName } from "./format/names.ts";
import type { DecodedText } from "./format/stored-text.ts";
import type { ResolvedOptions } from "./options.ts";

/** A namespace of the inner store: its threads and their attachments. */
export interface NamespaceContext {
  readonly threads: ThreadStore;
  /** `undefined` if the namespace's name is too long for one within it. Threads then keep their attachments. */
  readonly attachments: ThreadStore | undefined;
  readonly options: ResolvedOptions;
}

/** A call on one thread. */
export interface ThreadContext extends NamespaceContext {
  readonly id: string;
  readonly call: DecoratedCall;
}

/** The state of a thread that was returned to the caller. */
export interface ThreadState {
  readonly decoded: DecodedText;
  /** All attachments that the thread refers to. */
  readonly attachments: ReadonlyMap<AttachmentName, string>;
}

export type ThreadWithAttachments = DecoratedThread<ThreadState>;
