// The programs of workers that use layers.

export const ATTACHMENTS = `
import { memoryStore } from "@threadstore/core";
import { withAttachments } from "@threadstore/attachments";
import * as chats from "@threadstore/ai-sdk";
export async function main() {
  const store = withAttachments(memoryStore());
  const image = "data:image/png;base64," + "QUJD".repeat(20000);
  await store.save("a", { messages: [{ image }] });
  const loaded = await store.load("a");
  if (Object.keys(chats).length === 0) throw new Error("nothing exported");
  return loaded.thread.messages[0].image === image ? "works" : "another image";
}
`;

/** All that works without a key service, whose data key could be wrapped by any function. */
export const ENCRYPTION = `
import { memoryStore } from "@threadstore/core";
import { envelopeKeys, reseal, staticKeys, withEncryption, withHiddenIds } from "@threadstore/encryption";
export async function main() {
  const inner = memoryStore();
  const mask = async (bytes) => bytes.map((byte) => byte ^ 85);
  const keys = envelopeKeys({
    wrap: async (bytes) => ({ wrappingKey: "k", bytes: await mask(bytes) }),
    unwrap: ({ bytes }) => mask(bytes),
  });
  const store = withHiddenIds(withEncryption(inner, { keys, metadata: "sealed" }), { key: new Uint8Array(32) });
  const first = await store.save("a", { messages: ["ü"] }, { metadata: { title: "T" } });
  await store.save("a", { messages: ["ü", "€"] }, { previous: first });
  await store.append("a", ["!"]);
  const { resealed } = await reseal(inner, { keys, metadata: "sealed", all: true });
  const { thread } = await store.load("a");
  const error = await withEncryption(inner, { keys: staticKeys({ current: "x", keys: { x: new Uint8Array(32) } }) })
    .load((await inner.listPage()).threads[0].id)
    .catch((cause) => cause);
  return thread.messages.join("") === "ü€!" && resealed === 1 && error.code === "MISCONFIGURED" ? "works" : "another text";
}
`;

/** Compressed texts that are longer than one segment of a stream, and versions with and without them. */
export const HISTORY = `
import { memoryStore } from "@threadstore/core";
import { withCompression } from "@threadstore/compression";
import { pruneHistory, withHistory } from "@threadstore/history";
export async function main() {
  const inner = memoryStore();
  const open = () => withHistory(withCompression(inner), { keep: { versions: 3 } });
  const store = open();
  const long = Array.from({ length: 20000 }, (_, n) => n % 997).join(" ü€ ");
  const first = await store.save("a", { messages: ["ü", long] });
  await store.append("a", ["€"]);
  const second = await store.load("a");
  await store.save("a", { messages: ["other"] }, { previous: second });
  const versions = await open().versions("a");
  const texts = await Promise.all(versions.map(async ({ version }) => (await open().loadVersion("a", version)).json));
  const expected = [["other"], ["ü", long, "€"], ["ü", long]].map((messages) => JSON.stringify({ messages }));
  if (JSON.stringify(texts) !== JSON.stringify(expected)) return "other versions";
  const fork = await store.fork("a", first, "b");
  const { size } = (await inner.listPage()).threads.find(({ id }) => id === "b");
  for (let n = 0; n < 4; n += 1) await store.update("a", () => ({ n }));
  const { threads, versions: pruned } = await pruneHistory(store);
  const isPruned = threads === 1 && pruned > 0 && (await store.versions("a")).length === 3;
  return fork.json === expected[2] && size < fork.size / 2 && isPruned ? "works" : "another fork";
}
`;
