/** A tool call in a model's response. */
export interface ToolCall {
  readonly callId: string;
  readonly name: string;
  /** The model's text, which may be anything. */
  readonly arguments: string;
  /** The position among the calls of the response, from 0. */
  readonly index: number;
}
