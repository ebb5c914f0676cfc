import { readFileSync } from "node:fs";
import { memoryStore } from "@threadstore/core";
import type { ModelMessage, UIMessage } from "ai";
import { expect, test } from "vitest";
import { type MessageStore, modelMessageStore, uiMessageStore } from "./index.ts";

function golden(name: string): string {
  return readFileSync(new URL(`golden/${name}`, import.meta.url), "utf8");
}

const store = memoryStore();

test.each<[string, MessageStore<UIMessage> | MessageStore<ModelMessage>]>([
  ["ui-messages-v1.json", uiMessageStore({ store })],
  ["model-messages-v1.json", modelMessageStore({ store })],
])("%s is read, and saved again byte for byte", async (name, conversations) => {
  const messages = conversations as MessageStore<unknown>;
  const json = golden(name);
  await store.save(name, json);
  const loaded = await messages.load(name);
  expect(loaded?.messages).toHaveLength((JSON.parse(json) as { messages: unknown[] }).messages.length);
  await messages.save(name, loaded?.messages ?? [], { previous: loaded?.version });
  expect((await store.load(name))?.json).toBe(JSON.stringify(JSON.parse(json)));
});

test("encoded values are decoded to their types, and the bigints of UI messages to strings", async () => {
  await store.save("ui", golden("ui-messages-v1.json"));
  const [question, answer] = (await uiMessageStore({ store }).load("ui"))?.messages ?? [];
  expect(question?.metadata).toEqual({
    at: new Date("2026-11-22T16:25:00.007Z"),
    raw: { $date: "no date" },
  });
  expect(answer?.parts).toContainEqual(
    expect.objectContaining({
      output: { picture: new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]), count: "12345678901234567890" },
    }),
  );
  await store.save("model", golden("model-messages-v1.json"));
  const messages = (await modelMessageStore({ store }).load("model"))?.messages ?? [];
  expect(messages[2]?.content).toContainEqual({ type: "image", image: new URL("https://example.org/b.png") });
});

test("a conversation of a later format version is rejected", async () => {
  await store.save("later", golden("ui-messages-v2-from-the-future.json"));
  const tooNew = { code: "THREAD_TOO_NEW", path: "$.version", message: expect.stringContaining("Update") };
  await expect(uiMessageStore({ store }).load("later")).rejects.toMatchObject(tooNew);
});
