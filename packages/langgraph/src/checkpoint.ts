import type { StoredThread, Version } from "@threadstore/core";
import { memberPath } from "@threadstore/core/documents";
import { type Channel, channelText, type Content, readChannels } from "./channel.ts";
import { documentText, objectMember, readDocument, stringMember } from "./documents.ts";
import type { StoredWrite } from "./pending-writes.ts";
import { readSerialized, type Serialized, serializedMembers } from "./serialized.ts";
import type { Head } from "./single-writer.ts";

/** The content of a checkpoint's record. */
export interface CheckpointDocument {
  readonly namespace: string;
  readonly id: string;
  readonly parentId: string | undefined;
  /** The checkpoint without the values of its channels. */
  readonly checkpoint: Serialized;
  readonly metadata: Serialized;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** A checkpoint as this process knows it. */
export interface KnownCheckpoint extends CheckpointDocument {
  readonly recordId: string;
  readonly version: Version;
  /** When its thread expires, in milliseconds; `undefined` if never. */
  readonly expiry: number | undefined;
  /** The values of the channels that were stored or loaded. */
  readonly contents: Map<string, Content>;
  /** The pending writes when they were last loaded. */
  writes?: { readonly version: Version; readonly stored: readonly StoredWrite[] } | undefined;
  /**
   * The head when this checkpoint was saved or first loaded. It is kept until a run continues from the checkpoint, and
   * set only with `singleWriter`.
   */
  head?: Head | undefined;
}

/** Returns the JSON of a checkpoint's record. */
export function checkpointText(document: CheckpointDocument): string {
  const { namespace, id, parentId, checkpoint, metadata, channels } = document;
  const texts = [...channels].map(([name, channel]) => `${JSON.stringify(name)}:${channelText(channel)}`);
  return documentText("langgraph-checkpoint", [
    `"ns":${JSON.stringify(namespace)}`,
    `"id":${JSON.stringify(id)}`,
    ...(parentId === undefined ? [] : [`"parent":${JSON.stringify(parentId)}`]),
    `"checkpoint":{${serializedMembers(checkpoint)}}`,
    `"metadata":{${serializedMembers(metadata)}}`,
    `"channels":{${texts.join(",")}}`,
  ]);
}

/** Reads the record of a checkpoint, which is untrusted. Throws as {@link readDocument}. */
export function readCheckpoint(stored: StoredThread): KnownCheckpoint {
  const members = readDocument(stored, "langgraph-checkpoint");
  return {
    recordId: stored.id,
    version: stored.version,
    expiry: stored.expiresAt?.getTime(),
    contents: new Map(),
    namespace: stringMember(members, "ns"),
    id: stringMember(members, "id"),
    parentId: members["parent"] === undefined ? undefined : stringMember(members, "parent"),
    checkpoint: readSerialized(objectMember(members, "checkpoint"), "$.checkpoint"),
    metadata: readSerialized(objectMember(members, "metadata"), "$.metadata"),
    channels: readChannels(objectMember(members, "channels")),
  };
}

/** Returns the path of a channel in a checkpoint, for errors. */
export function channelPath(name: string): string {
  return memberPath("$.channels", name);
}

/** Returns the ids of the records that hold values of a checkpoint. */
export function dataRecordsOf({ channels }: CheckpointDocument): string[] {
  return [...channels.values()].flatMap(({ location }) => {
    if (location.kind === "record") return [location.recordId];
    return location.kind === "list" ? location.pieces.map(({ recordId }) => recordId) : [];
  });
}
