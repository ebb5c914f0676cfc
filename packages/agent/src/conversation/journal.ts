import { type StoredThread, ThreadStoreError, type ThreadText } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { RunOptions } from "../run/run-options.ts";
import type { CheckedOut } from "./stored-conversation.ts";

export const savedByAnother = "Somebody else saved this conversation while the turn ran.";

/** Saves a turn while it runs, so that the next process can go on with it. */
export class Journal {
  readonly #isOn: boolean;
  readonly #copy: CheckedOut;
  readonly #before: StoredThread | undefined;
  #entries = 0;

  constructor(isOn: boolean, copy: CheckedOut) {
    this.#isOn = isOn;
    this.#copy = copy;
    this.#before = copy.stored;
  }

  /** The options of a run that is journaled. */
  watch<Options extends RunOptions>(options: Options): Options {
    if (!this.#isOn) return options;
    return {
      ...options,
      onProgress: async (snapshot) => {
        await this.#enter(snapshot.serializeParts(), options.signal);
        await options.onProgress?.(snapshot);
      },
    };
  }

  /**
   * What `run` comes to. When it fails and the model has not answered yet, the stored thread is put back, so that
   * the same input can be tried again; otherwise the tools' work is kept as an open turn.
   */
  async keep<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      // Should this fail too, the first failure is the one to report, and the next run goes on with the turn.
      if (this.#entries === 1) await Promise.allSettled([this.#putBack()]);
      throw error;
    }
  }

  async #enter(text: ThreadText, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#copy.save(text, signal);
    } catch (cause) {
      if (!ThreadStoreError.is(cause, "CONFLICT")) throw cause;
      // Whoever saved has taken over the turn, or ended it: what this process does from here on is in vain.
      const remedy = "The turn was given up in its middle. Run again.";
      throw new AgentError("CONVERSATION_CONFLICT", `${savedByAnother} ${remedy}`, { cause });
    }
    this.#entries += 1;
  }

  async #putBack(): Promise<void> {
    if (this.#before === undefined) await this.#copy.remove();
    else await this.#copy.save(this.#before.json);
  }
}
