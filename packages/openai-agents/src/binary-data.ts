import { isPlainObject, MAX_JSON_DEPTH } from "@threadstore/core/documents";
import { SessionError } from "./session-error.ts";

/** The member of images and files, in the results of tools, that may be bytes. */
const DATA = "data";
/** The only members of data that would be read as another value. */
const MARKERS: readonly (string | undefined)[] = ["$bytes", "$object"];

/** Converts the value of a member called `data`, with a function for the values in it. */
type ConvertData = (data: unknown, convertMembers: (value: unknown) => unknown) => unknown;

/**
 * Returns items with their bytes in base64, as `{ "$bytes": … }`. Data that already looks like this becomes
 * `{ "$object": … }`. Throws `INVALID_ARGUMENT` for more than 1000 levels of nesting.
 */
export function encodeData(value: unknown, path: string): unknown {
  return mapMembers(value, path, 0, (data, encodeMembers) => {
    if (isBytes(data)) return { $bytes: toBase64(data) };
    const encoded = encodeMembers(data);
    return isPlainObject(encoded) && isMarked(encoded) ? { $object: encoded } : encoded;
  });
}

/** Returns items as they were before {@link encodeData}. */
export function decodeData(value: unknown): unknown {
  return mapMembers(value, "$", 0, (data, decodeMembers) => {
    if (!isPlainObject(data) || !isMarked(data)) return decodeMembers(data);
    const { $bytes: text, $object: object } = data as { $bytes?: unknown; $object?: unknown };
    // Only an earlier version stored other data of this form, as it was.
    if ("$object" in data)
      return isPlainObject(object) && isMarked(object) ? decodeMembers(object) : decodeMembers(data);
    return (typeof text === "string" ? fromBase64(text) : undefined) ?? decodeMembers(data);
  });
}

function isMarked(data: object): boolean {
  const [name, ...others] = Object.keys(data);
  return others.length === 0 && MARKERS.includes(name);
}

/** Converts the values of all members called `data`. Returns the value itself if nothing changes. */
function mapMembers(value: unknown, path: string, depth: number, convert: ConvertData): unknown {
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) return value;
  if (depth >= MAX_JSON_DEPTH) {
    const message = `\`${path}\` must be nested at most ${MAX_JSON_DEPTH} levels deep. Remove cycles and flatten the value.`;
    throw new SessionError("INVALID_ARGUMENT", message, { path });
  }
  if (isArray) {
    const elements = value.map((element: unknown) => mapMembers(element, path, depth + 1, convert));
    return elements.some((element, index) => element !== value[index]) ? elements : value;
  }
  let isChanged = false;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => {
    const mapMember = (each: unknown): unknown => mapMembers(each, path, depth + 1, convert);
    const mapped = name === DATA ? convert(member, mapMember) : mapMember(member);
    isChanged ||= mapped !== member;
    return [name, mapped];
  });
  return isChanged ? Object.fromEntries(members) : value;
}

/** Also recognizes arrays of another realm, such as those of a test environment. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  // Buffer ignores characters that are not base64. The copy is needed because Buffers share memory.
  return bytes.toString("base64") === text ? Uint8Array.from(bytes) : undefined;
}
