import { type StoredThread, ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { RunOptions } from "../run/run-options.ts";
import type { ThreadSnapshot } from "../thread/thread.ts";
import type { UpdatableThread } from "./stored-conversation.ts";

export const SAVED_BY_OTHER = "Another writer saved this conversation during the turn.";

/** Saves checkpoints of a turn, so that another process can continue it. */
export class Journal {
  readonly #isEnabled: boolean;
  readonly #target: UpdatableThread;
  readonly #original: StoredThread | undefined;
  #checkpoints = 0;

  constructor(isEnabled: boolean, target: UpdatableThread) {
    this.#isEnabled = isEnabled;
    this.#target = target;
    this.#original = target.stored;
  }

  /** Returns the options of a run whose progress is saved. */
  record<Options extends RunOptions>(options: Options): Options {
    if (!this.#isEnabled) return options;
    return {
      ...options,
      onProgress: async (snapshot) => {
        await this.#save(snapshot, options.signal);
        await options.onProgress?.(snapshot);
      },
    };
  }

  /**
   * Performs a run. If it fails before the model has responded, restores the original thread, so that the same input
   * can be run again. If it fails later, the results of tools are kept as an open turn.
   */
  async protect<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      // If the restore fails too, the first error is still the one to report, and the next run continues the turn.
      if (this.#checkpoints === 1) await Promise.allSettled([this.#restore()]);
      throw error;
    }
  }

  async #save(snapshot: ThreadSnapshot, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#target.save(await snapshot.serialize(), signal);
    } catch (cause) {
      if (!ThreadStoreError.is(cause)) throw cause;
      if (cause.code !== "CONFLICT") {
        const message = `The progress of the turn could not be saved (${cause.code}), so the turn stopped. Resume it when the store accepts it; see the cause.`;
        throw new AgentError("SAVE_FAILED", message, { cause });
      }
      // The other writer has taken over or ended the turn, so nothing this process does from here on can be saved.
      const remedy =
        "The turn stopped before its end. Load the conversation to see what the other one did, and then run again, or resume the turn if it is still open.";
      throw new AgentError("CONVERSATION_CONFLICT", `${SAVED_BY_OTHER} ${remedy}`, { cause });
    }
    this.#checkpoints += 1;
  }

  async #restore(): Promise<void> {
    if (this.#original === undefined) await this.#target.remove();
    else await this.#target.save(this.#original.json);
  }
}
