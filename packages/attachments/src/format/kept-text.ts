import { corrupt } from "../failures.ts";
import { type AttachmentName, isAttachmentName, RESERVED } from "./names.ts";
import { stringValues } from "./string-values.ts";

/**
 * The JSON text that the store beneath keeps of a thread. Without attachments it is the thread's own. With them it
 * is an object of which the thread is a member, and in which a string that begins with the marker stands for an
 * attachment, or, with a tilde behind the marker, for itself without the tilde. Attachments and strings are taken
 * as the JSON text spells them, escapes and all, so that the text comes back to the byte.
 */
export interface KeptText {
  readonly text: string;
  /** What the text refers to, by name. */
  readonly attachments: ReadonlyMap<AttachmentName, string>;
  /** Whether `text` is not the thread's own text. */
  readonly isWrapped: boolean;
}

/** A {@link KeptText} read back. */
export interface KeptThread {
  /** The thread's size in bytes, if it is wrapped. */
  readonly size: number | undefined;
  readonly names: ReadonlySet<AttachmentName>;
  /** The thread's own text, with all that {@link names} stand for. */
  restore(attachments: ReadonlyMap<AttachmentName, string>): string;
}

const START = `{"${RESERVED}":`;
// What changes from save to save stands behind the thread: stores write the end of what has grown.
const HEAD = `${START}{"format":1},"thread":`;
const TAIL = /,"size":(\d{1,15})\}$/u;
const TAIL_MAX_LENGTH = 32;

const MARKER = `${RESERVED}:`;
const ITSELF = "~";

/** Text of a thread of `size` bytes, with each string value that `nameOf` has a name for put into an attachment. */
export function keptText(
  json: string,
  size: number,
  nameOf: (text: string) => AttachmentName | undefined,
): KeptText {
  const attachments = new Map<AttachmentName, string>();
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end } of stringValues(json)) {
    const text = json.slice(start, end);
    const name = nameOf(text);
    if (name === undefined && !text.startsWith(MARKER)) continue;
    if (name !== undefined) attachments.set(name, text);
    pieces.push(json.slice(from, start), MARKER, name ?? `${ITSELF}${text.slice(MARKER.length)}`);
    from = end;
  }
  if (attachments.size === 0 && !json.startsWith(START)) return { text: json, attachments, isWrapped: false };
  pieces.push(json.slice(from));
  return { text: `${HEAD}${pieces.join("")},"size":${size}}`, attachments, isWrapped: true };
}

/** Reads what {@link keptText} made. Throws `CORRUPT` for what it cannot have made. */
export function readKeptText(text: string): KeptThread {
  if (!text.startsWith(START)) return { size: undefined, names: new Set(), restore: () => text };
  const tail = TAIL.exec(text.slice(-TAIL_MAX_LENGTH));
  if (!text.startsWith(HEAD) || tail === null) {
    throw corrupt(
      "The stored thread has attachments in a format that this version does not read.",
      "Upgrade @threadstore/attachments",
    );
  }
  const body = text.slice(HEAD.length, text.length - tail[0].length);
  const references = [...referencesIn(body)];
  return {
    size: Number(tail[1]),
    names: new Set(references.flatMap(({ name }) => (name === undefined ? [] : [name]))),
    restore(attachments) {
      let from = 0;
      const pieces: string[] = [];
      for (const { start, end, name } of references) {
        const marked = body.slice(start + MARKER.length + ITSELF.length, end);
        const own = name === undefined ? MARKER + marked : attachments.get(name);
        if (own === undefined) throw new TypeError(`The attachment ${name} was not given.`);
        pieces.push(body.slice(from, start), own);
        from = end;
      }
      return pieces.join("") + body.slice(from);
    },
  };
}

interface Reference {
  readonly start: number;
  readonly end: number;
  /** `undefined` for a string that stands for itself. */
  readonly name: AttachmentName | undefined;
}

function* referencesIn(body: string): Generator<Reference, void, undefined> {
  for (const { start, end } of stringValues(body)) {
    if (!body.startsWith(MARKER, start)) continue;
    const rest = body.slice(start + MARKER.length, end);
    const name = rest.startsWith(ITSELF) ? undefined : rest;
    if (name !== undefined && !isAttachmentName(name)) {
      throw corrupt("The stored thread has a reference that no attachment can have.", "Restore it");
    }
    yield { start, end, name };
  }
}
