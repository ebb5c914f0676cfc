import { InMemorySessionStore, type SessionStore } from "@anthropic-ai/claude-agent-sdk";
import { defineRow, defineStoreRows, type MatrixCheck, type SdkMatrix } from "@threadstore/matrix";
import { describe } from "vitest";
import { message, messages, newKey, textsOf } from "./entries.test-helper.ts";
import { claudeSessionStore } from "./index.ts";
import type { Check, KitStores } from "./kit/check.test-helper.ts";
import { DOCUMENTED } from "./kit/documented.test-helper.ts";
import { RACES_AND_KEYS } from "./kit/races-and-keys.test-helper.ts";
import { REPETITIONS } from "./kit/repetitions.test-helper.ts";

// `npm run docs:matrix` runs this file.

function toCheck({ name, run }: Check): MatrixCheck<KitStores> {
  return { name, run };
}

const MATRIX: SdkMatrix<KitStores> = {
  documented: DOCUMENTED.map(toCheck),
  // The documentation recommends to recognize repeated entries by their `uuid`, and demands nothing of races.
  beyond: [...REPETITIONS, ...RACES_AND_KEYS].map(toCheck),
  async openConversation({ open }, name) {
    const store = open();
    const key = { projectKey: "-matrix", sessionId: name };
    return {
      append: async (texts) =>
        store.append(
          key,
          texts.map((text) => message(text)),
        ),
      read: async () => textsOf(await store.load(key)),
    };
  },
  batchSize: 3,
  async replay({ store, open }) {
    const key = newKey();
    const batch = messages(3);
    for (const client of [store, store, open()]) await client.append(key, batch);
    return ((await store.load(key)) ?? []).length - batch.length;
  },
};

await defineStoreRows(MATRIX, (store) => {
  const open = () => claudeSessionStore({ store });
  return { store: open(), open };
});

describe("InMemorySessionStore", () => {
  const store = new InMemorySessionStore() as Required<SessionStore>;
  defineRow(MATRIX, () => ({ store, open: () => store }), { isPersistent: false });
});
