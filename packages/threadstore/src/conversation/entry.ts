import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** The content of a part of a conversation. All of it is untrusted. */
export type Content =
  /** The text is Markdown, as models write it. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  /** A call of a tool. Its result has the same id. */
  | {
      readonly kind: "call";
      readonly id: string;
      readonly name: string;
      readonly input: string;
      readonly approval?: Approval;
    }
  | { readonly kind: "result"; readonly id: string; readonly output: string; readonly isError?: true }
  /** An image, with the id of the result that contains it, if one does. */
  | {
      readonly kind: "image";
      readonly mediaType?: string;
      readonly source: { readonly data: string } | { readonly url: string };
      readonly id?: string;
    }
  /** A file. `data` is a data URL, and `url` an HTTP URL. */
  | {
      readonly kind: "file";
      readonly name?: string;
      readonly mediaType?: string;
      readonly url?: string;
      readonly data?: string;
      readonly id?: string;
    }
  /** A part of another type, as JSON. */
  | { readonly kind: "other"; readonly type: string; readonly json: string };

/** Whether a person must allow, has allowed or has denied a call. */
export type Approval = "approved" | "denied" | "requested";

/** A part of a message, before its place in the thread is known. */
export type Draft = Content & {
  readonly role: string;
  /** The path in the message, such as `.content[0]`. */
  readonly at: string;
  /** The stored value that the part shows. */
  readonly value: unknown;
};

/** A part of a conversation, for people. */
export type Entry = Content & {
  readonly role: string;
  /** The index of the message. */
  readonly index: number;
  /** The JSON path of the part in the thread. */
  readonly path: string;
  /** The size of the part as JSON, in bytes of UTF-8. */
  readonly bytes: number;
  /** When the message was created, as an ISO date, if it says so. */
  readonly createdAt?: string;
};

/** The location of a part, and the value that is stored there. */
export interface Place {
  readonly role: string;
  readonly at: string;
  readonly value: unknown;
}

export function draft(content: Content, { role, at, value }: Place): Draft {
  return { ...content, role, at, value };
}

/** Returns a string as it is, and any other value as JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : jsonOf(value);
}

/** Returns a value as JSON, or a note if it is nested too deeply for that. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch (error) {
    // Text of any depth can be stored and parsed, but the stack limits the depth when it is stringified.
    if (error instanceof RangeError) return "[nested too deeply]";
    throw error;
  }
}

/** Returns the objects of an array; `undefined` if the value is not an array of objects. */
export function objectsOf(value: unknown): JsonObject[] | undefined {
  return Array.isArray(value) && value.every((each) => isJsonObject(each)) ? value : undefined;
}

/** Returns the first of these members that is a string. */
export function stringOf(value: JsonObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const member = value[name];
    if (typeof member === "string") return member;
  }
  return undefined;
}

/** Returns a text or a reasoning, unless it is empty. */
export function textDrafts(text: string, place: Place, kind: "text" | "reasoning" = "text"): Draft[] {
  return text === "" ? [] : [draft({ kind, text }, place)];
}
