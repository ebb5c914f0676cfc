import { MAX_JSON_DEPTH } from "@threadstore/core/documents";
import { invalidThread } from "../interchange-error.ts";
import type { JsonNode, Member } from "./node.ts";

/** Parses JSON text. Throws `THREAD_INVALID` without quoting the text, which may be confidential. */
export function parseNode(text: string, path = "$"): JsonNode {
  try {
    JSON.parse(text);
  } catch {
    throw invalidThread(path, `\`${path}\` must be well-formed JSON text.`);
  }
  return new Scanner(text, path).readValue(0);
}

/** Splits JSON text into nodes. The text is known to be well-formed, so almost nothing has to be checked. */
class Scanner {
  readonly #text: string;
  readonly #path: string;
  #position = 0;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  readValue(depth: number): JsonNode {
    if (depth > MAX_JSON_DEPTH) {
      const message = `\`${this.#path}\` must be nested at most ${MAX_JSON_DEPTH} levels deep.`;
      throw invalidThread(this.#path, message);
    }
    switch (this.#peek()) {
      case "{":
        return { type: "object", members: this.#readList("}", () => this.#readMember(depth)) };
      case "[":
        return { type: "array", items: this.#readList("]", () => this.readValue(depth + 1)) };
      case '"':
        return { type: "string", value: this.#readString() };
      default:
        return this.#readBare();
    }
  }

  /** Returns the next character that is not white space. */
  #peek(): string {
    while (/[ \t\n\r]/.test(this.#text.charAt(this.#position))) this.#position += 1;
    return this.#text.charAt(this.#position);
  }

  #readList<Item>(end: string, readItem: () => Item): Item[] {
    const items: Item[] = [];
    this.#position += 1;
    while (this.#peek() !== end) {
      if (this.#peek() === ",") this.#position += 1;
      items.push(readItem());
    }
    this.#position += 1;
    return items;
  }

  #readMember(depth: number): Member {
    this.#peek();
    const name = this.#readString();
    this.#peek();
    this.#position += 1;
    return [name, this.readValue(depth + 1)];
  }

  #readString(): string {
    const start = this.#position;
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (this.#isEscaped(end));
    this.#position = end + 1;
    return JSON.parse(this.#text.slice(start, end + 1)) as string;
  }

  #isEscaped(position: number): boolean {
    let backslashes = 0;
    while (this.#text.charAt(position - 1 - backslashes) === "\\") backslashes += 1;
    return backslashes % 2 === 1;
  }

  #readBare(): JsonNode {
    const start = this.#position;
    while (/[-+.\w]/.test(this.#text.charAt(this.#position))) this.#position += 1;
    const text = this.#text.slice(start, this.#position);
    if (text === "null") return { type: "null", text };
    return { type: text === "true" || text === "false" ? "boolean" : "number", text };
  }
}
