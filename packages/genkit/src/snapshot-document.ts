import type { StoredThread } from "@threadstore/core";
import {
  copyJson,
  isJsonObject,
  type JsonObject,
  readEnvelope,
  THREAD_FORMAT,
} from "@threadstore/core/documents";
import type { SessionSnapshot } from "genkit/beta";
import { envelopeError, invalidArgument, invalidThread, mismatch, SnapshotError } from "./snapshot-error.ts";

/** A snapshot of which the members that the store itself reads have been checked. */
export type CheckedSnapshot = JsonObject & {
  readonly snapshotId: string;
  readonly sessionId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly createdAt: string;
};

const KIND = "genkit-snapshot";
const VERSION = 1;
const TEXTS = ["snapshotId", "sessionId", "parentId", "createdAt"] as const;
/** A lone surrogate in JSON. Also matches some text that merely looks like one, which does no harm. */
const LONE_SURROGATE = /\\u[dD][89a-fA-F]/u;

/**
 * Checks and copies a snapshot that a mutator returned. Genkit saves the result of a detached turn as its own parent,
 * which is not a tree: the snapshot then keeps the parent that it has. Throws `INVALID_ARGUMENT` with a path.
 */
export function checkedSnapshot(
  input: unknown,
  snapshotId: string,
  currentParentId: string | undefined,
): CheckedSnapshot {
  if (!isJsonObject(input)) throw invalidArgument("snapshot", "an object", input);
  const { error, parentId, ...members } = input;
  const parent = parentId === snapshotId ? currentParentId : parentId;
  const snapshot: { [member: string]: unknown } = {
    ...strictCopy({ ...members, parentId: parent, snapshotId }, "snapshot"),
    ...(error !== undefined && { error: copiedError(error) }),
  };
  const fault = textFault(snapshot);
  if (fault !== undefined) throw invalidArgument(`snapshot.${fault}`, "a string", snapshot[fault]);
  return snapshot as CheckedSnapshot;
}

/** Returns the JSON of a snapshot's thread. */
export function snapshotJson(snapshot: CheckedSnapshot): string {
  const head = { format: THREAD_FORMAT, version: VERSION, kind: KIND };
  const json = JSON.stringify({ ...head, snapshot });
  return LONE_SURROGATE.test(json)
    ? JSON.stringify({ ...head, snapshotJson: JSON.stringify(snapshot) })
    : json;
}

/** Reads the snapshot of a thread. Throws `THREAD_INVALID`, `THREAD_MISMATCH` or `THREAD_TOO_NEW`. */
export function readSnapshot({ thread }: StoredThread, snapshotId: string): CheckedSnapshot {
  const { members } = readEnvelope(thread, {
    kinds: { [KIND]: VERSION },
    packageName: "@threadstore/genkit",
    error: envelopeError,
  });
  const snapshot = "snapshotJson" in members ? parsed(members["snapshotJson"]) : members["snapshot"];
  if (!isJsonObject(snapshot)) throw invalidThread("$.snapshot", "an object", snapshot);
  const fault = textFault(snapshot);
  if (fault !== undefined) throw invalidThread(`$.snapshot.${fault}`, "a string", snapshot[fault]);
  if (snapshot["snapshotId"] === snapshotId) return snapshot as CheckedSnapshot;
  const path = "$.snapshot.snapshotId";
  throw mismatch(path, `\`${path}\` must be the id that the snapshot was read by.`);
}

/** Returns the session of a snapshot. Genkit also stores its id in the state. */
export function sessionOf({ sessionId, state }: CheckedSnapshot): string | undefined {
  if (sessionId !== undefined) return sessionId;
  const inState = isJsonObject(state) ? state["sessionId"] : undefined;
  return typeof inState === "string" ? inState : undefined;
}

/** Returns a snapshot with the type of the application's state, which the store does not check. */
export function typedSnapshot<S>(snapshot: CheckedSnapshot): SessionSnapshot<S> {
  return snapshot as unknown as SessionSnapshot<S>;
}

/** Copies the error of a turn. Its details can be any object, such as the response of a model, which has a `toJSON`. */
function copiedError(error: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(error));
  } catch {
    throw invalidArgument("snapshot.error", "a value that JSON can represent, without cycles and bigints");
  }
}

function strictCopy(value: unknown, path: string): JsonObject {
  // Providers can cut a text within a character, so half characters are kept.
  return copyJson(value, { error: notJson, path, loneSurrogates: "keep" }) as JsonObject;
}

function notJson(message: string, path: string): SnapshotError {
  return new SnapshotError("INVALID_ARGUMENT", message, { path });
}

/** Returns the first member that the store reads and that is not a string. */
function textFault(snapshot: { readonly [member: string]: unknown }): (typeof TEXTS)[number] | undefined {
  return TEXTS.find((name) => {
    const isRequired = name === "snapshotId" || name === "createdAt";
    return typeof snapshot[name] !== "string" && (isRequired || snapshot[name] !== undefined);
  });
}

function parsed(json: unknown): unknown {
  try {
    if (typeof json === "string") return JSON.parse(json);
  } catch {
    // Reported below.
  }
  throw invalidThread("$.snapshotJson", "the JSON of an object");
}
