/** A tool call in a model's response. */
export interface ToolCall {
  readonly callId: string;
  /** The name of the tool, as it is shown to people. */
  readonly name: string;
  /** The model's text, which may be anything. */
  readonly arguments: string;
  /** The position among the calls of the response, from 0. */
  readonly index: number;
  /** The provider's name for this kind of call, such as `shell_call`. Absent for calls of functions. */
  readonly kind?: string;
  /** Whether the result is text, which may be shortened if it is too long. Results of functions always are. */
  readonly hasTextResult?: boolean;
  /** Whether the form of the result has no place for a text that says why the call was denied or failed. */
  readonly hidesErrors?: boolean;
  /** The message that contains the call, for kinds whose result repeats members of it. */
  readonly message?: object;
}
