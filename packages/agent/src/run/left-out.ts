/** Content that a service refused, and that is not essential, such as reasoning that it cannot verify any more. */
export interface LeftOut {
  /** The kind of content, in the provider's terms. */
  readonly reason: string;
  /** The number of messages that are affected. */
  readonly count: number;
}
