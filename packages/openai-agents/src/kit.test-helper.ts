import assert from "node:assert/strict";
import {
  type AgentInputItem,
  assistant,
  type SessionHistoryTransactionAwareSession,
  user,
} from "@openai/agents-core";

/** Sessions of one conversation: `open` returns another client of it, such as another process has. */
export interface KitSessions {
  readonly session: SessionHistoryTransactionAwareSession;
  readonly open: () => SessionHistoryTransactionAwareSession;
}

export interface Check {
  readonly name: string;
  readonly run: (sessions: KitSessions) => Promise<void>;
}

export function textsOf(items: readonly AgentInputItem[]): string[] {
  return items.map((item) => {
    const { content } = item as { readonly content: string | readonly { readonly text: string }[] };
    return typeof content === "string" ? content : (content[0]?.text ?? "");
  });
}

function users(...texts: readonly string[]): AgentInputItem[] {
  return texts.map((text) => user(text));
}

/** Requirements of the SDK's types. Each check runs on a new conversation. */
export const DOCUMENTED: readonly Check[] = [
  {
    name: "items are those that were added, in order, for every client",
    async run({ session, open }) {
      await session.addItems(users("a", "b"));
      await session.addItems([assistant("c")]);
      assert.deepEqual(textsOf(await session.getItems()), ["a", "b", "c"]);
      assert.deepEqual(textsOf(await open().getItems()), ["a", "b", "c"]);
    },
  },
  {
    name: "a limit selects the most recent items, in chronological order",
    async run({ session }) {
      await session.addItems(users("a", "b", "c"));
      assert.deepEqual(textsOf(await session.getItems(2)), ["b", "c"]);
    },
  },
  {
    name: "the most recent item is removed and returned, and a missing one is undefined",
    async run({ session }) {
      assert.equal(await session.popItem(), undefined);
      await session.addItems(users("a", "b"));
      const popped = await session.popItem();
      assert.deepEqual(popped && textsOf([popped]), ["b"]);
      assert.deepEqual(textsOf(await session.getItems()), ["a"]);
    },
  },
  {
    name: "a cleared session is empty, and can be continued",
    async run({ session, open }) {
      await session.addItems(users("a"));
      await session.clearSession();
      assert.deepEqual(await open().getItems(), []);
      await session.addItems(users("b"));
      assert.deepEqual(textsOf(await session.getItems()), ["b"]);
    },
  },
  {
    name: "a transaction with the same operation id is applied once",
    async run({ session, open }) {
      const transaction = { type: "append_items" as const, items: users("a") };
      for (const client of [session, session, open()]) {
        await client.applyHistoryTransaction({ operationId: "o", transaction });
      }
      assert.deepEqual(textsOf(await session.getItems()), ["a"]);
    },
  },
  {
    name: "an operation id with another transaction is rejected, and changes nothing",
    async run({ session }) {
      const append = async (text: string) =>
        session.applyHistoryTransaction({
          operationId: "o",
          transaction: { type: "append_items", items: users(text) },
        });
      await append("a");
      await assert.rejects(async () => append("b"));
      assert.deepEqual(textsOf(await session.getItems()), ["a"]);
    },
  },
  {
    name: "a suffix that is not the expected one is not replaced",
    async run({ session }) {
      await session.addItems(users("a", "b"));
      const replace = async (expected: string) =>
        session.applyHistoryTransaction({
          operationId: expected,
          transaction: { type: "replace_suffix", expectedSuffix: users(expected), replacement: users("c") },
        });
      await assert.rejects(async () => replace("x"));
      assert.deepEqual(textsOf(await session.getItems()), ["a", "b"]);
      await replace("b");
      assert.deepEqual(textsOf(await session.getItems()), ["a", "c"]);
    },
  },
];

/** Requirements of applications, which the SDK's types do not mention. */
export const BEYOND: readonly Check[] = [
  {
    name: "additions are in the order of the calls, even if none is awaited",
    async run({ session }) {
      const texts = ["a", "b", "c", "d", "e"];
      await Promise.all(texts.map(async (text) => session.addItems(users(text))));
      assert.deepEqual(textsOf(await session.getItems()), texts);
    },
  },
  {
    name: "items belong to the caller, and those that are passed are copied",
    async run({ session }) {
      const items = users("a");
      await session.addItems(items);
      Object.assign(items[0] ?? {}, { content: "changed" });
      const read = await session.getItems();
      Object.assign(read[0] ?? {}, { content: "changed" });
      read.push(...users("b"));
      assert.deepEqual(textsOf(await session.getItems()), ["a"]);
    },
  },
  {
    name: "any text is preserved, also half of a character",
    async run({ session, open }) {
      const texts = ["é 😀 \u2028 \0", "cut \ud83d", "\udc00"];
      await session.addItems(users(...texts));
      assert.deepEqual(textsOf(await open().getItems()), texts);
    },
  },
  {
    name: "of clients that remove the most recent item at once, each gets another one",
    async run({ session, open }) {
      await session.addItems(users("a", "b", "c"));
      const popped = await Promise.all([session, open(), open()].map(async (client) => client.popItem()));
      const texts = textsOf(popped.filter((item) => item !== undefined));
      assert.deepEqual(texts.toSorted(), ["a", "b", "c"]);
      assert.deepEqual(await session.getItems(), []);
    },
  },
];
