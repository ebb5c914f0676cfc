import { readFileSync } from "node:fs";
import type { StoredThread, ThreadMetadata, ThreadStore } from "@threadstore/core";
import { memoryBackend } from "./backend.test-helper.ts";
import { staticKeys } from "./keys/static-keys.ts";
import { withEncryption } from "./with-encryption.ts";

interface Golden {
  /** The key in hexadecimal. */
  readonly key: string;
  /** The thread in the inner store. */
  readonly json: string;
  readonly metadata: ThreadMetadata;
  readonly restored: { readonly json: string; readonly metadata: ThreadMetadata };
}

const golden = JSON.parse(readFileSync(new URL("golden/thread-1.json", import.meta.url), "utf8")) as Golden;

function viewOf(store: ThreadStore): ThreadStore {
  return store.namespace("tenants").namespace("ä/b");
}

/** Opens a store that contains a thread of the first version of the format. */
export async function goldenStore(): Promise<{
  readonly view: ThreadStore;
  readonly expected: Pick<StoredThread, "json" | "metadata">;
}> {
  const backend = memoryBackend();
  await viewOf(backend.open()).save("thread-1", golden.json, { metadata: golden.metadata });
  const keys = staticKeys({ current: "golden", keys: { golden: Buffer.from(golden.key, "hex") } });
  return {
    view: viewOf(withEncryption(backend.open(), { keys, metadata: "sealed" })),
    expected: golden.restored,
  };
}
