import { importPackage, type OptionalPackage } from "../../stores/import-package.ts";
import type { TransferContext } from "../transfer-format.ts";
import { type CheckpointKey, type Checkpoints, loaderOf, sortedKeys } from "./checkpoints.ts";

type Bridge = typeof import("@threadstore/langgraph");

export const BRIDGE: OptionalPackage = {
  name: "@threadstore/langgraph",
  with: ["@langchain/langgraph", "@langchain/langgraph-checkpoint", "@langchain/core"],
};

/** The namespace of a store in which the bridge keeps a namespace for each thread. */
const CHECKPOINTS = "checkpoints";

/** Opens the checkpoints of a store. */
export async function storeCheckpoints({ folder, store, signal }: TransferContext): Promise<Checkpoints> {
  const { ThreadStoreSaver } = await importPackage<Bridge>(BRIDGE, folder);
  const saver = new ThreadStoreSaver({ store });
  return {
    saver,
    keepsUnversioned: true,
    load: loaderOf(saver),
    async *threads() {
      let cursor: string | undefined;
      do {
        const page = await store.namespace(CHECKPOINTS).namespaces({ cursor, signal });
        yield* page.namespaces;
        cursor = page.cursor;
      } while (cursor !== undefined);
    },
    async keysOf(threadId) {
      const keys: CheckpointKey[] = [];
      for await (const { config, checkpoint } of saver.list({ configurable: { thread_id: threadId } })) {
        signal.throwIfAborted();
        const namespace: unknown = config.configurable?.["checkpoint_ns"];
        keys.push({ namespace: typeof namespace === "string" ? namespace : "", id: checkpoint.id });
      }
      return sortedKeys(keys);
    },
  };
}
