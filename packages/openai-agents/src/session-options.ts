import type { RunContext } from "@openai/agents-core";
import type { ThreadMetadata, ThreadStore, UpdateOptions } from "@threadstore/core";

/**
 * Options of a session. `metadata`, `ttlMs`, `signal` and the others apply to each write, as in the store's
 * `update`.
 */
export interface ThreadSessionOptions<Context = unknown> extends Omit<UpdateOptions, "metadata"> {
  readonly store: ThreadStore;
  /** The id of the thread in the store, which is also the session's id for the SDK. */
  readonly id: string;
  /**
   * The metadata of the thread, or a function that returns it for each write. The function receives the context of the
   * run, which is `undefined` for calls outside of a run.
   * @default the stored metadata stays as it is
   */
  readonly metadata?:
    | ThreadMetadata
    | ((runContext: RunContext<Context> | undefined) => ThreadMetadata | undefined)
    | undefined;
}
