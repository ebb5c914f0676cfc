/** The thread of a simulated store. */
export interface Stored {
  /** The last change. */
  readonly write: string;
  readonly version: string;
  /** The save and the appends that the thread consists of. */
  readonly content: readonly string[];
}

/** The precondition of a change. */
export type Condition = (current: Stored | undefined) => boolean;

/** Returns the thread after a change. */
export type Effect = (current: Stored | undefined) => Stored | undefined;

export const exists: Condition = (current) => current !== undefined;

export const removed: Effect = () => undefined;

/** Returns the effect of an append or a touch. */
export function extended(type: "append" | "touch", write: string): Effect {
  return (current) =>
    current && {
      write,
      version: `v${write}`,
      content: type === "touch" ? current.content : [...current.content, write],
    };
}
