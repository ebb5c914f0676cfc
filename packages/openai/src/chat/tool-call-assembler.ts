import { isPlainObject } from "@threadstore/core/documents";
import { areComplete } from "./call-arguments.ts";
import { mergeObjects } from "./join-pieces.ts";

/** A tool call of a streamed response, as far as its pieces have arrived. */
interface OpenCall {
  readonly index: unknown;
  id: string;
  type: string;
  /** Whether a piece had a `function`, whatever its type is called. */
  isFunction: boolean;
  name: string;
  arguments: string;
  /** Members that this version does not know, such as a thought signature. */
  others: { readonly [member: string]: unknown };
}

/** A piece of a call; texts that it does not have are empty. */
interface Piece extends Readonly<Omit<OpenCall, "index" | "others">> {
  readonly index: unknown;
  readonly others: { readonly [member: string]: unknown };
}

/**
 * Assembles the tool calls of a streamed response. OpenAI's API numbers the calls by `index`, and only the first piece
 * of a call has its id and name. Compatible servers number all calls 0, begin at 1 or omit the index, repeat ids and
 * names, send calls without ids, or send each call whole. Which call a piece belongs to therefore depends on all of
 * these, and on whether its arguments are complete: nothing can follow a complete JSON object.
 */
export class ToolCallAssembler {
  readonly #toolNames: ReadonlySet<string>;
  readonly #calls: OpenCall[] = [];

  /** Takes the names of the tools in the request, which tell a piece of a name from another name. */
  constructor(toolNames: ReadonlySet<string>) {
    this.#toolNames = toolNames;
  }

  /** Adds the `tool_calls` of a delta. */
  add(pieces: unknown): void {
    for (const value of Array.isArray(pieces) ? pieces : [pieces]) {
      if (isPlainObject(value)) this.#addPiece(readPiece(value));
    }
  }

  /** Returns the calls in the order in which they began, as members of a message. */
  calls(): object[] {
    return this.#calls.map(({ id, type, isFunction, name, arguments: text, others }) =>
      isFunction || type === ""
        ? { id, type: "function", ...others, function: { name, arguments: text } }
        : { id, type, ...others },
    );
  }

  /** Returns whether each call has complete arguments, so that the response can end here. */
  isComplete(): boolean {
    return this.#calls.every(({ isFunction, arguments: text }) => !isFunction || areComplete(text));
  }

  #addPiece(piece: Piece): void {
    const candidate = this.#callOf(piece);
    if (candidate === undefined || !this.#continues(piece, candidate)) {
      this.#calls.push({ ...piece });
      return;
    }
    candidate.id ||= piece.id;
    candidate.type ||= piece.type;
    candidate.isFunction ||= piece.isFunction;
    candidate.name = this.#joinNames(candidate.name, piece.name);
    candidate.arguments = joinArguments(candidate.arguments, piece.arguments);
    candidate.others = mergeObjects(candidate.others, piece.others);
  }

  /** Returns the call that a piece would continue: the one with its id, or else the latest with its index. */
  #callOf({ id, index, name }: Piece): OpenCall | undefined {
    const sameId = id === "" ? undefined : this.#calls.findLast((call) => call.id === id);
    if (sameId !== undefined || index === undefined) return sameId ?? this.#calls.at(-1);
    const sameIndex = this.#calls.findLast((call) => call.index === index);
    const isUnnamed = id === "" && name === "";
    return sameIndex ?? (isUnnamed ? this.#calls.at(-1) : undefined);
  }

  #continues(piece: Piece, call: OpenCall): boolean {
    if (piece.name !== "" && call.name !== "" && !this.#isNameOf(piece, call)) return false;
    const isSameId = piece.id !== "" && piece.id === call.id;
    const isOtherId = piece.id !== "" && call.id !== "" && !isSameId;
    if (!areComplete(call.arguments)) return !isOtherId || isRemainder(piece, call);
    if (isOtherId || (piece.name !== "" && !isSameId)) return false;
    return ["", "{}", call.arguments].includes(piece.arguments.trim()) || call.arguments === "{}";
  }

  #isNameOf({ name }: Piece, call: OpenCall): boolean {
    return name === call.name || this.#isPartOfName(call.name, name);
  }

  /** Whether only both pieces together are the name of a tool. */
  #isPartOfName(previous: string, piece: string): boolean {
    return this.#toolNames.has(previous + piece) && !this.#toolNames.has(piece);
  }

  #joinNames(previous: string, piece: string): string {
    if (previous === "" || this.#isPartOfName(previous, piece)) return previous + piece;
    return previous;
  }
}

function readPiece({ index, id, type, function: definition, ...others }: Record<string, unknown>): Piece {
  const isFunction = isPlainObject(definition);
  const members = isFunction ? definition : {};
  const custom = isPlainObject(others["custom"]) ? others["custom"] : {};
  return {
    index: index ?? undefined,
    id: textOf(id),
    type: textOf(type),
    isFunction,
    name: textOf(members["name"] ?? custom["name"]),
    arguments: argumentsOf(members["arguments"]),
    others,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Some servers send arguments as an object instead of its JSON. */
function argumentsOf(value: unknown): string {
  return isPlainObject(value) ? JSON.stringify(value) : textOf(value);
}

/** Some servers begin with `{}`, or send the arguments once more at the end. */
function joinArguments(previous: string, piece: string): string {
  if (piece.trim() === "" || !areComplete(previous)) return previous + piece;
  return piece.trim() === "{}" ? previous : piece;
}

/** Whether a piece has the remaining arguments of a call: some servers give each piece an id of its own. */
function isRemainder(piece: Piece, call: OpenCall): boolean {
  if (piece.name === "") return true;
  if (call.arguments.trim() === "") return piece.arguments.trim() !== "";
  return !piece.arguments.trimStart().startsWith("{");
}
