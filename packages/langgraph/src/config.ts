import { Buffer } from "node:buffer";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { invalidValue, LangGraphStoreError } from "./errors.ts";

/** The configuration of a run, of which a saver reads `configurable`. */
export type RunnableConfig = Parameters<BaseCheckpointSaver["getTuple"]>[0];

const MAX_THREAD_ID_BYTES = 256;
const MAX_CHECKPOINT_ID_BYTES = 64;

/** The thread, namespace and checkpoint that a configuration names. */
export interface Address {
  readonly threadId: string | undefined;
  /** The checkpoint namespace; `undefined` if the configuration does not name one. */
  readonly namespace: string | undefined;
  readonly checkpointId: string | undefined;
}

/** Reads the address in a configuration, which comes from outside. Throws `INVALID_ARGUMENT` with the path. */
export function readAddress(config: RunnableConfig | undefined, root = "configurable"): Address {
  const configurable: { readonly [name: string]: unknown } = config?.configurable ?? {};
  const { thread_id, checkpoint_ns, checkpoint_id, thread_ts } = configurable;
  // LangGraph treats an empty checkpoint id as a missing one. `thread_ts` is the older name of the member.
  const checkpointId = checkpoint_id || thread_ts || undefined;
  return {
    threadId: thread_id === undefined ? undefined : checkThreadId(thread_id, `${root}.thread_id`),
    namespace: checkpoint_ns === undefined ? undefined : checkText(checkpoint_ns, `${root}.checkpoint_ns`),
    checkpointId:
      checkpointId === undefined ? undefined : checkCheckpointId(checkpointId, `${root}.checkpoint_id`),
  };
}

/** Throws the error for a configuration without an id that a call needs. */
export function missing(path: string): never {
  const message = `\`${path}\` is missing. Pass it in the configuration: \`{ configurable: { thread_id: "…" } }\`.`;
  throw new LangGraphStoreError("INVALID_ARGUMENT", message, { path });
}

/** Returns the id of a thread, which is a name of a store's namespace. Throws `INVALID_ARGUMENT`. */
export function checkThreadId(value: unknown, path: string): string {
  const id = checkText(value, path);
  if (id === "") throw invalidValue("INVALID_ARGUMENT", path, "a non-empty string", id);
  return checkLength(id, path, MAX_THREAD_ID_BYTES);
}

export function checkCheckpointId(value: unknown, path: string): string {
  return checkLength(checkText(value, path), path, MAX_CHECKPOINT_ID_BYTES);
}

/** Returns text that a store can keep. Throws `INVALID_ARGUMENT`. */
export function checkText(value: unknown, path: string): string {
  if (typeof value !== "string") throw invalidValue("INVALID_ARGUMENT", path, "a string", value);
  if (value.isWellFormed()) return value;
  throw invalidValue("INVALID_ARGUMENT", path, "well-formed Unicode, without lone surrogates");
}

function checkLength(text: string, path: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  throw invalidValue("INVALID_ARGUMENT", path, `at most ${maxBytes} bytes of UTF-8`);
}
