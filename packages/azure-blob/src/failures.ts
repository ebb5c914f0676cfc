/** What is known of a failure beside the error itself: when it came. */
type Circumstance =
  /** Before the request that decides whether a save or delete happens. */
  | "undecided"
  /** After it. */
  | "decided"
  /** In the middle of a body, where the SDK's errors have no code. */
  | "interrupted";

// Kept aside, so that the errors themselves stay as the SDK made them.
const circumstances = new WeakMap<object, Circumstance>();

/** Does the work, and remembers of an error that it arose there. */
export async function failingWith<T>(circumstance: Circumstance, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (typeof error === "object" && error !== null) circumstances.set(error, circumstance);
    throw error;
  }
}

export function circumstanceOf(error: object): Circumstance | undefined {
  return circumstances.get(error);
}

/** Whether the service answered with one of these error codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = answerOf(error)?.code;
  return code !== undefined && codes.includes(code);
}

/** Whether a condition on the version was refused, or nothing is there that could have it. */
export function lostRace(error: unknown): boolean {
  return hasCode(error, "ConditionNotMet", "AppendPositionConditionNotMet", "BlobNotFound");
}

export interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly header: (name: string) => string | undefined;
}

/** The service's answer, if the error is one. */
export function answerOf(error: unknown): Answer | undefined {
  if (!isSdkError(error) || error.response === undefined) return undefined;
  const { response } = error;
  const header = (name: string): string | undefined => response.headers.get(name);
  // Answers without a body, as to HEAD, have it only there.
  return { status: response.status, code: header("x-ms-error-code") ?? error.code, header };
}

/** An error of the SDK's HTTP pipeline: without a response, the request failed on its way. */
export interface SdkError extends Error {
  readonly code?: string;
  readonly response?: {
    readonly status: number;
    readonly headers: { get(name: string): string | undefined };
  };
}

export function isSdkError(error: unknown): error is SdkError {
  // By name: each package of the SDK may have a copy of the class.
  return error instanceof Error && error.name === "RestError";
}
