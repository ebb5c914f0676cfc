/** The result that a repair adds to a call without one, for the model. */
export const INTERRUPTED_RESULT: string =
  "Interrupted: this call did not finish. It is unknown whether it took effect.";

/** The assistant message that a repair adds where the assistant never answered. */
export const INTERRUPTED_ANSWER: string = "(This turn was interrupted before the assistant answered.)";
