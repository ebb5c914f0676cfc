import { Buffer } from "node:buffer";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import type { JsonValue } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { invalidValue } from "./errors.ts";

/** The output of LangGraph's serializer. `data` is text if a record can contain it as JSON, and otherwise bytes. */
export interface Serialized {
  readonly type: string;
  readonly data: string | Uint8Array;
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** An escaped surrogate. Stores reject lone surrogates, which remain if text is cut in the middle of a character. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/u;

export async function serialize(serde: SerializerProtocol, value: unknown): Promise<Serialized> {
  const [type, bytes] = await serde.dumpsTyped(value);
  return { type, data: type === "json" ? (exactJson(bytes) ?? bytes) : bytes };
}

export function deserialize(serde: SerializerProtocol, { type, data }: Serialized): Promise<unknown> {
  return serde.loadsTyped(type, typeof data === "string" ? ENCODER.encode(data) : data);
}

/** Returns the text of bytes that are unchanged after being parsed as JSON and written again; otherwise `undefined`. */
function exactJson(bytes: Uint8Array): string | undefined {
  try {
    const text = DECODER.decode(bytes);
    return JSON.stringify(JSON.parse(text)) === text && !SURROGATE_ESCAPE.test(text) ? text : undefined;
  } catch {
    // Not JSON, whatever the serializer calls it.
    return undefined;
  }
}

/** Returns the members that represent a value in a record: `json`, or `type` and `base64`. */
export function serializedMembers({ type, data }: Serialized): string {
  if (typeof data === "string") return `"json":${data}`;
  return `"type":${JSON.stringify(type)},"base64":"${Buffer.from(data).toString("base64")}"`;
}

/** Reads the members that {@link serializedMembers} wrote. Throws `THREAD_INVALID` with the path. */
export function readSerialized(members: JsonObject, path: string): Serialized {
  const { json, type, base64 } = members;
  if (json !== undefined) return { type: "json", data: JSON.stringify(json) };
  if (typeof type !== "string") throw invalidValue("THREAD_INVALID", `${path}.type`, "a string", type);
  if (typeof base64 === "string") return { type, data: new Uint8Array(Buffer.from(base64, "base64")) };
  throw invalidValue("THREAD_INVALID", `${path}.base64`, "base64", base64);
}

/** Returns the elements of a JSON array. */
export function elementsOf(array: string): JsonValue[] {
  return JSON.parse(array) as JsonValue[];
}

/** Joins two JSON arrays. */
export function joinArrays(first: string, second: string): string {
  if (first === "[]") return second;
  return second === "[]" ? first : `${first.slice(0, -1)},${second.slice(1)}`;
}

/**
 * Returns the array of the elements that follow those of `start` in `array`; `undefined` if `array` begins otherwise.
 */
export function elementsAfter(start: string, array: string): string | undefined {
  if (start === "[]") return array;
  if (start === array) return "[]";
  return array.startsWith(`${start.slice(0, -1)},`) ? `[${array.slice(start.length)}` : undefined;
}
