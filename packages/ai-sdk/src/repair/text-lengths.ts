import { memberPath } from "@threadstore/core/documents";
import { invalidArgument } from "../conversation-error.ts";
import { isFinished } from "./call-order.ts";
import type { Report } from "./finding.ts";
import { isToolPart, type Part, type PartsMessage } from "./part.ts";

/** The limits of a model's provider, in the form of `PROVIDER_LIMITS` from `@threadstore/agent`. */
export interface ConversationLimits {
  /** The maximum length of a text, in UTF-16 code units. */
  readonly textLength?: { readonly value: number } | undefined;
}

/**
 * Returns the replacement of a text that is longer than the provider accepts, such as its beginning or a summary. A
 * replacement that is still too long is cut.
 */
export type ShortenText = (this: void, text: string, maximum: number) => string;

/** How to treat texts that are too long. */
export interface TextLengths {
  readonly maximum: number;
  readonly shorten: ShortenText;
}

/** Reads the options of the limits. Throws `INVALID_ARGUMENT`. */
export function readTextLengths(
  limits: ConversationLimits | undefined,
  shorten: ShortenText | undefined,
): TextLengths | undefined {
  if (shorten !== undefined && typeof shorten !== "function") throw invalidArgument("shorten", "a function");
  if (limits === undefined) return undefined;
  if (typeof limits !== "object" || limits === null) throw invalidArgument("limits", "an object");
  const maximum = limits.textLength?.value;
  if (maximum === undefined) return undefined;
  if (!Number.isInteger(maximum) || maximum < MIN_LENGTH) {
    throw invalidArgument("limits.textLength.value", `an integer of at least ${MIN_LENGTH}`);
  }
  return { maximum, shorten: shorten ?? cutText };
}

/** The notes in place of what is missing must fit. */
const MIN_LENGTH = 200;

/** Returns a message without texts that are too long. Returns the same message if there is nothing to do. */
export function shortenTexts<Message extends PartsMessage>(
  message: Message,
  path: string,
  { maximum, shorten }: TextLengths,
  report: Report,
): Message {
  const partsPath = memberPath(path, "parts");
  const parts = message.parts.map((part, index) => {
    const partPath = memberPath(partsPath, index);
    const short = (name: string, text: unknown): string | undefined => {
      if (typeof text !== "string" || text.length <= maximum) return undefined;
      const problem = `The text is longer than the ${maximum} characters that the provider accepts.`;
      report("text-too-long", memberPath(partPath, name), problem);
      return shortText(text, maximum, shorten);
    };
    if (isToolPart(part)) return shortCall(part, short);
    const text = part.type === "text" || part.type === "reasoning" ? short("text", part["text"]) : undefined;
    return text === undefined ? part : { ...part, text };
  });
  return parts.every((part, index) => part === message.parts[index]) ? message : { ...message, parts };
}

function shortCall(part: Part, short: (name: string, text: unknown) => string | undefined): Part {
  if (!isFinished(part)) return part;
  const errorText = short("errorText", part["errorText"]);
  const output = short("output", textOf(part["output"]));
  const input = textOf(part["input"]);
  const isInputLong = short("input", input) !== undefined;
  const shortPart = {
    ...part,
    ...(errorText === undefined ? {} : { errorText }),
    ...(output === undefined ? {} : { output }),
  };
  if (!isInputLong) return errorText === undefined && output === undefined ? part : shortPart;
  const note = `The ${input?.length} characters of this call's arguments were removed: they were too long to send.`;
  // A part of the arguments would not be JSON, and the note does not match the schema of the tool.
  const toolName = part.type === "dynamic-tool" ? part["toolName"] : part.type.slice("tool-".length);
  return { ...shortPart, type: "dynamic-tool", toolName, input: { note } };
}

/** Returns the text of a value as models receive it. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" || value === undefined ? value : JSON.stringify(value);
}

function shortText(text: string, maximum: number, shorten: ShortenText): string {
  const replacement: unknown = shorten(text, maximum);
  if (typeof replacement !== "string") return cutText(text, maximum);
  return replacement.length > maximum ? cutText(replacement, maximum) : replacement.toWellFormed();
}

/** Returns the beginning of a text, with a note for the model. */
function cutText(text: string, maximum: number): string {
  const note = `\n[The text was cut here. It had ${text.length} characters.]`;
  // Not between the halves of a character.
  const beginning = text.slice(0, maximum - note.length).replace(/[\ud800-\udbff]$/u, "");
  return `${beginning.toWellFormed()}${note}`;
}
