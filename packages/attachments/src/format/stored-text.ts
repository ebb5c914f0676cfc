import { corrupt } from "../errors.ts";
import { type AttachmentName, isAttachmentName, RESERVED_NAME } from "./names.ts";
import { stringValues } from "./string-values.ts";

/**
 * The JSON text of a thread as the inner store has it. Without attachments, it is the thread's own text. With
 * attachments, it is an object with the thread as a member, in which a string that starts with the marker is a
 * reference to an attachment, or, with a tilde after the marker, the string without that tilde. Attachments are the
 * characters of a string as the JSON text spells them, including escapes, so that a thread is restored byte for byte.
 */
export interface StoredText {
  readonly text: string;
  /** The attachments that the text refers to, by name. */
  readonly attachments: ReadonlyMap<AttachmentName, string>;
  /** Whether `text` differs from the thread's own text. */
  readonly isWrapped: boolean;
}

/** A decoded {@link StoredText}. */
export interface DecodedText {
  /** The size of the thread in bytes, if it is wrapped. */
  readonly size: number | undefined;
  readonly names: ReadonlySet<AttachmentName>;
  /** Returns the thread's own text. `attachments` must contain all of {@link names}. */
  restore(attachments: ReadonlyMap<AttachmentName, string>): string;
}

const START = `{"${RESERVED_NAME}":`;
// Members that change with every save follow the thread, because stores only write the end of a growing text.
const HEAD = `${START}{"format":1},"thread":`;
const TAIL = /,"size":(\d{1,15})\}$/u;
const TAIL_MAX_LENGTH = 32;

const MARKER = `${RESERVED_NAME}:`;
const ESCAPE = "~";

/**
 * Encodes the text of a thread of `size` bytes, with each string for which `nameOf` returns a name as an attachment.
 */
export function encodeStoredText(
  json: string,
  size: number,
  nameOf: (text: string) => AttachmentName | undefined,
): StoredText {
  const attachments = new Map<AttachmentName, string>();
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end } of stringValues(json)) {
    const text = json.slice(start, end);
    const name = nameOf(text);
    if (name === undefined && !text.startsWith(MARKER)) continue;
    if (name !== undefined) attachments.set(name, text);
    pieces.push(json.slice(from, start), MARKER, name ?? `${ESCAPE}${text.slice(MARKER.length)}`);
    from = end;
  }
  if (attachments.size === 0 && !json.startsWith(START)) return { text: json, attachments, isWrapped: false };
  pieces.push(json.slice(from));
  return { text: `${HEAD}${pieces.join("")},"size":${size}}`, attachments, isWrapped: true };
}

/** Decodes the text of a stored thread. Throws `CORRUPT` if {@link encodeStoredText} cannot have produced it. */
export function decodeStoredText(text: string): DecodedText {
  if (!text.startsWith(START)) return { size: undefined, names: new Set(), restore: () => text };
  const tail = TAIL.exec(text.slice(-TAIL_MAX_LENGTH));
  if (!text.startsWith(HEAD) || tail === null) {
    throw corrupt(
      "The stored thread has attachments in a format that this version cannot read.",
      "Upgrade @threadstore/attachments",
    );
  }
  const body = text.slice(HEAD.length, text.length - tail[0].length);
  const references = [...referencesIn(body)];
  return {
    size: Number(tail[1]),
    names: new Set(references.flatMap(({ name }) => (name === undefined ? [] : [name]))),
    restore: (attachments) => restoreText(body, references, attachments),
  };
}

interface Reference {
  readonly start: number;
  readonly end: number;
  /** `undefined` for an escaped string. */
  readonly name: AttachmentName | undefined;
}

function* referencesIn(body: string): Generator<Reference, void, undefined> {
  for (const { start, end } of stringValues(body)) {
    if (!body.startsWith(MARKER, start)) continue;
    const target = body.slice(start + MARKER.length, end);
    const name = target.startsWith(ESCAPE) ? undefined : target;
    if (name !== undefined && !isAttachmentName(name)) {
      throw corrupt(
        "The stored thread contains an invalid reference to an attachment.",
        "Restore the thread from a backup",
      );
    }
    yield { start, end, name };
  }
}

function restoreText(
  body: string,
  references: readonly Reference[],
  attachments: ReadonlyMap<AttachmentName, string>,
): string {
  let from = 0;
  const pieces: string[] = [];
  for (const { start, end, name } of references) {
    const unescaped = MARKER + body.slice(start + MARKER.length + ESCAPE.length, end);
    const text = name === undefined ? unescaped : attachments.get(name);
    if (text === undefined) throw new TypeError(`The attachment ${name} is missing from the arguments.`);
    pieces.push(body.slice(from, start), text);
    from = end;
  }
  return pieces.join("") + body.slice(from);
}
