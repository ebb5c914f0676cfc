import type { ThreadStore } from "@threadstore/core";
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import type { KeyProvider } from "./keys/key-provider.ts";
import { staticKeys } from "./keys/static-keys.ts";
import { withEncryption } from "./with-encryption.ts";

/** What a child process does. */
export interface Task {
  readonly location: StoreLocation;
  readonly job: "reseal" | "live";
  /** The key that encrypts. */
  readonly current: "old" | "new";
  /** Where a `reseal` continues. */
  readonly cursor?: string | undefined;
  /** The first message of `live`. */
  readonly first: number;
}

const KEYS = { old: new Uint8Array(32).fill(1), new: new Uint8Array(32).fill(2) };

export function keysOf({ current }: Pick<Task, "current">): KeyProvider {
  return staticKeys({ current, keys: KEYS });
}

/** Returns keys without the old one. */
export function onlyNewKey(): KeyProvider {
  return staticKeys({ current: "new", keys: { new: KEYS.new } });
}

/** Opens the store of a task, without encryption and with it. */
export async function openTask(task: Task): Promise<readonly [inner: ThreadStore, store: ThreadStore]> {
  const inner = await openStore(task.location);
  return [inner, withEncryption(inner, { keys: keysOf(task) })];
}
