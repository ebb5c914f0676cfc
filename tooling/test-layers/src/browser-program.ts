// Runs in a page of browser.full.test.ts, and in the test.
import { withCompression } from "@threadstore/compression";
import { memoryStore, type ThreadMetadata, type ThreadStore } from "@threadstore/core";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { type HistoryStore, withHistory } from "@threadstore/history";

/** A thread as the store below all layers has it. */
export interface StoredForm {
  readonly json: string;
  readonly metadata: ThreadMetadata;
}

/** Returns a thread with so many messages, of which each third one is longer than what one method compresses. */
export function messagesOf(count: number): { readonly messages: readonly string[] } {
  const messages = Array.from({ length: count }, (_, index) => {
    const length = index % 3 === 1 ? 20_000 : 200;
    return Array.from({ length }, (_word, n) => `message ${(n * 7919) % 997}`).join(", ü€ ");
  });
  return { messages };
}

export function openLayers(inner: ThreadStore): HistoryStore {
  const keys = staticKeys({ current: "test", keys: { test: new Uint8Array(32).fill(5) } });
  return withHistory(withCompression(withEncryption(inner, { keys, metadata: "sealed" })));
}

/** Opens a thread that another platform has stored, changes it, and returns its versions and how it is stored now. */
export async function useLayers(
  form: StoredForm,
): Promise<{ readonly texts: readonly (string | undefined)[]; readonly stored: StoredForm }> {
  const inner = memoryStore();
  await inner.save("a", form.json, { metadata: form.metadata });
  const store = openLayers(inner);
  await store.append("a", messagesOf(4).messages.slice(3));
  const versions = await store.versions("a");
  const loaded = await Promise.all(versions.map(async ({ version }) => store.loadVersion("a", version)));
  const stored = await inner.load("a");
  if (stored === undefined) throw new Error("The thread exists.");
  const { json, metadata } = stored;
  return { texts: loaded.map((each) => each?.json), stored: { json, metadata } };
}
