import { isPlainObject } from "@threadstore/core/documents";
import type { CompletionUsage } from "openai/resources/completions";
import { joinPieces, mergeObjects } from "./join-pieces.ts";
import { ToolCallAssembler } from "./tool-call-assembler.ts";

/** The members of a response that are read. Compatible servers differ in all others. */
export interface Completion {
  readonly choices: readonly { readonly message: unknown; readonly finish_reason: unknown }[];
  readonly usage?: CompletionUsage | null | undefined;
}

/** The texts that a chunk adds, to be shown as they arrive. */
export interface AddedText {
  readonly content: string;
  readonly refusal: string;
}

const NOTHING_ADDED: AddedText = { content: "", refusal: "" };

/**
 * Assembles a streamed response of Chat Completions, as OpenAI and compatible servers send it. Members that this version
 * does not know are kept. Of several choices, only the first one is read.
 */
export class CompletionAssembler {
  readonly #calls: ToolCallAssembler;
  readonly #others = new Map<string, unknown>();
  #role = "assistant";
  #content: unknown = null;
  #refusal: string | null = null;
  #functionCall: object | undefined;
  #choiceIndex: unknown;
  #hasChoice = false;
  #hasDelta = false;
  #finishReason: string | undefined;
  #usage: CompletionUsage | undefined;

  constructor(toolNames: ReadonlySet<string>) {
    this.#calls = new ToolCallAssembler(toolNames);
  }

  add(chunk: unknown): AddedText {
    if (!isPlainObject(chunk)) return NOTHING_ADDED;
    this.#usage = (chunk["usage"] as CompletionUsage | null | undefined) ?? this.#usage;
    const choices: unknown = chunk["choices"];
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
    if (!isPlainObject(choice) || !this.#isFirstChoice(choice["index"])) return NOTHING_ADDED;
    const reason = choice["finish_reason"];
    if (typeof reason === "string" && reason !== "") this.#finishReason = reason;
    const { delta, message } = choice;
    if (isPlainObject(delta)) return this.#addDelta(delta);
    // Some servers send the whole message in one chunk, and others repeat it at the end.
    return isPlainObject(message) && !this.#hasDelta ? this.#addDelta(message) : NOTHING_ADDED;
  }

  /** Returns whether nothing is missing although the server has not sent a `finish_reason`. */
  isComplete(): boolean {
    return this.#hasChoice && this.#calls.isComplete();
  }

  get hasFinishReason(): boolean {
    return this.#finishReason !== undefined;
  }

  completion(): Completion {
    const calls = this.#calls.calls();
    const message = {
      role: this.#role,
      content: this.#content,
      refusal: this.#refusal,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(this.#functionCall === undefined ? {} : { function_call: this.#functionCall }),
      ...Object.fromEntries(this.#others),
    };
    return { choices: [{ message, finish_reason: this.#finishReason }], usage: this.#usage };
  }

  #isFirstChoice(index: unknown): boolean {
    if (!this.#hasChoice) this.#choiceIndex = index;
    this.#hasChoice = true;
    return index === this.#choiceIndex;
  }

  #addDelta({
    role,
    content,
    refusal,
    tool_calls: calls,
    function_call: functionCall,
    ...others
  }: Record<string, unknown>): AddedText {
    this.#hasDelta = true;
    if (typeof role === "string" && role !== "") this.#role = role;
    this.#content = joinContents(this.#content, content);
    if (typeof refusal === "string") this.#refusal = (this.#refusal ?? "") + refusal;
    this.#calls.add(calls);
    if (isPlainObject(functionCall))
      this.#functionCall = mergeObjects(this.#functionCall ?? {}, functionCall);
    for (const [name, piece] of Object.entries(others)) {
      this.#others.set(name, joinPieces(this.#others.get(name), piece));
    }
    return { content: textIn(content), refusal: typeof refusal === "string" ? refusal : "" };
  }
}

/** Joins texts. Some servers stream lists of parts, which stay a list if one of them is not a text. */
function joinContents(previous: unknown, piece: unknown): unknown {
  if (piece === undefined || piece === null) return previous;
  // Neither text nor parts: it stays as it is, to be rejected.
  if (typeof piece !== "string" && !Array.isArray(piece)) return piece;
  const isText = typeof piece === "string" || isTextList(piece);
  if (isText && !Array.isArray(previous))
    return (typeof previous === "string" ? previous : "") + textIn(piece);
  const parts = [...partsOf(previous), ...partsOf(piece)];
  return parts.reduce<unknown[]>((joined, part) => {
    const last: unknown = joined.at(-1);
    if (!isTextPart(last) || !isTextPart(part)) return [...joined, part];
    return [...joined.slice(0, -1), { ...last, text: last.text + part.text }];
  }, []);
}

function partsOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content as unknown[];
  return typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];
}

function isTextPart(part: unknown): part is { readonly type: "text"; readonly text: string } {
  return isPlainObject(part) && part["type"] === "text" && typeof part["text"] === "string";
}

function isTextList(content: unknown): boolean {
  return Array.isArray(content) && content.every(isTextPart);
}

function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isTextPart)
    .map(({ text }) => text)
    .join("");
}
