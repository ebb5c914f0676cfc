import { readFileSync } from "node:fs";
import type { SessionKey, SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { memoryStore, type SerializedThread, type ThreadMetadata, type ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { claudeSessionStore } from "./index.ts";

/** Threads that version 1 of the format wrote. Never change the file. */
interface Golden {
  readonly key: SessionKey;
  readonly subpath: string;
  readonly batches: readonly SessionStoreEntry[][];
  readonly subpathEntries: readonly SessionStoreEntry[];
  readonly summary: object;
  readonly threads: readonly {
    readonly path: readonly string[];
    readonly id: string;
    readonly metadata: ThreadMetadata;
    readonly thread: SerializedThread;
  }[];
}

const text = readFileSync(new URL("golden/session-v1.json", import.meta.url), "utf8");
const golden = JSON.parse(text) as Golden;

async function goldenStore(): Promise<ThreadStore> {
  const store = memoryStore();
  for (const { path, id, metadata, thread } of golden.threads) {
    const namespace = path.reduce((parent: ThreadStore, name) => parent.namespace(name), store);
    await namespace.save(id, thread, { metadata });
  }
  return store;
}

it("golden sessions are loaded, listed and extended, and repetitions are recognized", async () => {
  const { key, subpath, batches, subpathEntries, summary } = golden;
  const sessions = claudeSessionStore({ store: await goldenStore() });
  expect(await sessions.load(key)).toEqual(batches.flat());
  expect(await sessions.load({ ...key, subpath })).toEqual(subpathEntries);
  expect(await sessions.listSubkeys(key)).toEqual([subpath]);
  expect(await sessions.listSessionSummaries(key.projectKey)).toMatchObject([{ data: summary }]);
  for (const batch of batches.slice(0, 3)) await sessions.append(key, batch);
  const added = { type: "user", uuid: "added" };
  await sessions.append(key, [...(batches[0] ?? []), added]);
  expect(await sessions.load(key)).toEqual([...batches.flat(), added]);
});
