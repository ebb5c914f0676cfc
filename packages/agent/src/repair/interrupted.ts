/** What the model is told of a call that has no result. */
export const interruptedResult: string =
  "Interrupted: this call was not finished. Whether it had any effect is not known.";

/** What the assistant is made to have said where it never answered. */
export const interruptedAnswer: string = "(This turn was interrupted before it was answered.)";
