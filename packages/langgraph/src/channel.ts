import type { JsonValue, Version } from "@threadstore/core";
import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import { invalidValue } from "./errors.ts";
import { readSerialized, type Serialized, serializedMembers } from "./serialized.ts";

export type ChannelVersion = number | string;

/** The first `count` elements of a list, in a separate record. */
export interface Piece {
  readonly recordId: string;
  readonly count: number;
}

/**
 * The location of a channel's value. A list consists of the elements of its pieces and those of `tail`, a JSON array in
 * the checkpoint, so that a list that grows is not stored again.
 */
export type Location =
  | { readonly kind: "checkpoint"; readonly value: Serialized }
  | { readonly kind: "list"; readonly pieces: readonly Piece[]; readonly tail: string }
  | { readonly kind: "record"; readonly recordId: string };

/** A channel of a checkpoint. */
export interface Channel {
  readonly version: ChannelVersion;
  readonly location: Location;
}

/** The record of a list's last piece, if it contains exactly the elements of that piece. */
export interface AppendableRecord {
  readonly version: Version;
  /** The size of the record in bytes. */
  readonly size: number;
}

/** The value of a channel in memory. */
export interface Content {
  readonly value: Serialized;
  readonly appendable?: AppendableRecord | undefined;
}

/** Returns the JSON of a channel in a checkpoint. */
export function channelText({ version, location }: Channel): string {
  return `{"version":${JSON.stringify(version)},${locationMembers(location)}}`;
}

function locationMembers(location: Location): string {
  if (location.kind === "checkpoint") return serializedMembers(location.value);
  if (location.kind === "record") return `"record":${JSON.stringify(location.recordId)}`;
  const { pieces, tail } = location;
  if (pieces.length === 0) return `"json":${tail}`;
  return `"pieces":${JSON.stringify(pieces.map(({ recordId, count }) => [recordId, count]))},"tail":${tail}`;
}

/** Reads the channels of a stored checkpoint. Throws `THREAD_INVALID` with the path. */
export function readChannels(channels: JsonObject): ReadonlyMap<string, Channel> {
  const path = "$.channels";
  return new Map(
    Object.entries(channels).map(([name, value]) => [name, readChannel(value, memberPath(path, name))]),
  );
}

function readChannel(value: JsonValue, path: string): Channel {
  if (!isJsonObject(value)) throw invalidValue("THREAD_INVALID", path, "an object", value);
  const { version, ...members } = value;
  if (typeof version !== "number" && typeof version !== "string") {
    throw invalidValue("THREAD_INVALID", `${path}.version`, "a number or a string", version);
  }
  return { version, location: readLocation(members, path) };
}

function readLocation(members: JsonObject, path: string): Location {
  const { record, pieces, tail, json } = members;
  if (typeof record === "string") return { kind: "record", recordId: record };
  if (pieces === undefined) {
    if (Array.isArray(json)) return { kind: "list", pieces: [], tail: JSON.stringify(json) };
    return { kind: "checkpoint", value: readSerialized(members, path) };
  }
  if (!Array.isArray(pieces)) throw invalidValue("THREAD_INVALID", `${path}.pieces`, "an array", pieces);
  if (!Array.isArray(tail)) throw invalidValue("THREAD_INVALID", `${path}.tail`, "an array", tail);
  return {
    kind: "list",
    pieces: pieces.map((piece, index) => readPiece(piece, `${path}.pieces[${index}]`)),
    tail: JSON.stringify(tail),
  };
}

function readPiece(piece: JsonValue, path: string): Piece {
  const [recordId, count] = Array.isArray(piece) ? piece : [];
  if (typeof recordId === "string" && typeof count === "number" && Number.isSafeInteger(count)) {
    return { recordId, count };
  }
  throw invalidValue("THREAD_INVALID", path, "the id of a record and a number of elements");
}
