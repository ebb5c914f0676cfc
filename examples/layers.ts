// Keeps the versions of an encrypted and compressed conversation, and its picture once: node examples/layers.ts
// Needs a key: export THREADS_KEY=$(openssl rand -base64 32)
import { randomBytes } from "node:crypto";
import { withAttachments } from "@threadstore/attachments";
import { withCompression } from "@threadstore/compression";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { withHistory } from "@threadstore/history";
import { sqliteStore } from "@threadstore/sqlite";

const keys = staticKeys({ current: "2026-01", keys: { "2026-01": process.env["THREADS_KEY"] ?? "" } });
const inner = sqliteStore({ path: "threads.db" });
const store = withHistory(withAttachments(withCompression(withEncryption(inner, { keys }))));

const picture = `data:image/png;base64,${randomBytes(60_000).toString("base64")}`;
const question = { role: "user", content: [{ type: "image_url", image_url: { url: picture } }] };
const first = await store.save("talk", { messages: [question] });
const answer = { role: "assistant", content: "It shows a harbor. ".repeat(100) };
const second = await store.save("talk", { messages: [question, answer] }, { previous: first });
await store.save("talk", { messages: [{ role: "user", content: "Start again." }] }, { previous: second });

// The picture is gone from the thread, and still in its older versions.
for (const { version, size } of await store.versions("talk")) {
  const thread = JSON.stringify((await store.loadVersion("talk", version))?.thread);
  console.log(`${size} bytes, ${thread.includes(picture) ? "with" : "without"} the picture`);
}

await store.delete("talk");
await store.close();
