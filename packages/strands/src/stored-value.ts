import type { StoredThread } from "@threadstore/core";
import { readEnvelope, THREAD_FORMAT } from "@threadstore/core/documents";
import { envelopeError, invalidThread } from "./strands-storage-error.ts";

// The README specifies the format.
const VERSION = 1;
const KIND = "strands-value";

type Form = "base64" | "json" | "text";

/**
 * Returns the JSON of the thread that holds a value. A value that is JSON is embedded unchanged, so that it can be read
 * and searched in the backend. Other text becomes a JSON string, unless base64 is shorter, as for control characters.
 */
export function threadOf(data: Uint8Array): string {
  const text = decodedText(data);
  if (text !== undefined && isJson(text)) return wrap("json", text);
  const base64 = JSON.stringify(bufferOf(data).toString("base64"));
  if (text === undefined) return wrap("base64", base64);
  const quoted = JSON.stringify(text);
  return Buffer.byteLength(quoted) <= base64.length ? wrap("text", quoted) : wrap("base64", base64);
}

/**
 * Returns the value that a stored thread holds, which is untrusted. Throws `THREAD_INVALID`, `THREAD_MISMATCH` or
 * `THREAD_TOO_NEW`.
 */
export function valueOf(stored: StoredThread): Uint8Array {
  const { members } = readEnvelope(stored.thread, {
    kinds: { [KIND]: VERSION },
    packageName: "@threadstore/strands",
    error: envelopeError,
  });
  const [[form, value] = [], ...others] = Object.entries(members);
  if (others.length > 0) throw invalidThread("$", 'an object with one of "json", "text" and "base64"');
  switch (form) {
    case "json":
      return new TextEncoder().encode(originalJson(stored.json) ?? JSON.stringify(value));
    case "text":
      if (typeof value !== "string") throw invalidThread("$.text", "a string", value);
      return new TextEncoder().encode(value);
    case "base64":
      return decodedBase64(value);
    default:
      throw invalidThread("$", 'an object with one of "json", "text" and "base64"');
  }
}

function headerOf(form: Form): string {
  return `{"format":"${THREAD_FORMAT}","version":${VERSION},"kind":"${KIND}","${form}":`;
}

function wrap(form: Form, json: string): string {
  return `${headerOf(form)}${json}}`;
}

/** Returns the text that was written; `undefined` if another program has rewritten the thread. */
function originalJson(json: string): string | undefined {
  const header = headerOf("json");
  return json.startsWith(header) && json.endsWith("}") ? json.slice(header.length, -1) : undefined;
}

function decodedText(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function decodedBase64(value: unknown): Uint8Array {
  const bytes = typeof value === "string" ? Buffer.from(value, "base64") : undefined;
  if (bytes?.toString("base64") !== value || bytes === undefined) {
    throw invalidThread("$.base64", "bytes in base64");
  }
  return new Uint8Array(bytes);
}
