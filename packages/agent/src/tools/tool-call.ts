/** A call that the model asks for. */
export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  /** The model's text, which may be anything. */
  readonly arguments: string;
  /** Which of the calls of one answer it is, from 0. */
  readonly index: number;
}
