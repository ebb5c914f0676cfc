import { deepFreeze } from "./json.ts";

/**
 * Messages that only ever grow, each frozen, so that the encoding of a message is made once and stays true.
 * A list that was made longer keeps what the shorter one had encoded by then.
 */
export class MessageList<Message extends object> {
  readonly messages: readonly Message[];
  // The JSON of the first `#encodedCount` messages, joined by commas.
  #encoded: string;
  #encodedCount: number;

  private constructor(messages: readonly Message[], encoded: string, encodedCount: number) {
    this.messages = messages;
    this.#encoded = encoded;
    this.#encodedCount = encodedCount;
  }

  static of<Message extends object>(messages: readonly Message[]): MessageList<Message> {
    return new MessageList(deepFreeze([...messages]), "", 0);
  }

  append(added: readonly Message[]): MessageList<Message> {
    if (added.length === 0) return this;
    const messages = Object.freeze([...this.messages, ...added.map((message) => deepFreeze(message))]);
    return new MessageList(messages, this.#encoded, this.#encodedCount);
  }

  /** The messages as JSON text, without the brackets of an array. */
  encode(): string {
    for (; this.#encodedCount < this.messages.length; this.#encodedCount += 1) {
      const text = JSON.stringify(this.messages[this.#encodedCount]);
      this.#encoded = this.#encodedCount === 0 ? text : `${this.#encoded},${text}`;
    }
    return this.#encoded;
  }
}
