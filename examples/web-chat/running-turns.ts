/** The turns that this process runs, so that a request can stop them. */
export class RunningTurns {
  readonly #turns = new Map<string, Set<{ readonly stop: AbortController; readonly end: Promise<void> }>>();

  /** Runs a turn of the conversation. Rejects as `work` does, which rejects with an `AbortError` if it was stopped. */
  async run(id: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    const end = work(stop.signal);
    const turn = { stop, end };
    const turns = this.#turns.get(id) ?? new Set();
    this.#turns.set(id, turns.add(turn));
    try {
      await end;
    } finally {
      turns.delete(turn);
      if (turns.size === 0 && this.#turns.get(id) === turns) this.#turns.delete(id);
    }
  }

  /** Stops the turns of the conversation, and waits until they have saved what they keep. */
  async stop(id: string): Promise<void> {
    const turns = [...(this.#turns.get(id) ?? [])];
    for (const { stop } of turns) stop.abort();
    await Promise.allSettled(turns.map(({ end }) => end));
  }
}
