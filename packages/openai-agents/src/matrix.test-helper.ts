import { randomUUID } from "node:crypto";
import { MemorySession, type SessionHistoryTransactionAwareSession, user } from "@openai/agents-core";
import { defineRow, defineStoreRows, type MatrixCheck, type SdkMatrix } from "@threadstore/matrix";
import { describe } from "vitest";
import { threadSession } from "./index.ts";
import { BEYOND, type Check, DOCUMENTED, textsOf } from "./kit.test-helper.ts";

// `npm run docs:matrix` runs this file.

/** Opens a session, another one of the same conversation for the same id. */
type OpenSession = (id: string) => SessionHistoryTransactionAwareSession;

function toCheck({ name, run }: Check): MatrixCheck<OpenSession> {
  return {
    name,
    async run(openSession) {
      const id = randomUUID();
      await run({ session: openSession(id), open: () => openSession(id) });
    },
  };
}

const MATRIX: SdkMatrix<OpenSession> = {
  documented: DOCUMENTED.map(toCheck),
  beyond: BEYOND.map(toCheck),
  async openConversation(openSession, name) {
    const session = openSession(name);
    return {
      append: async (texts) => session.addItems(texts.map((text) => user(text))),
      read: async () => textsOf(await session.getItems()),
    };
  },
  batchSize: 3,
  // `addItems` has no identifier, so only this operation can be repeated.
  async replay(openSession) {
    const id = randomUUID();
    const transaction = { type: "append_items" as const, items: [user("a")] };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await openSession(id).applyHistoryTransaction({ operationId: "o", transaction });
    }
    return (await openSession(id).getItems()).length - 1;
  },
};

await defineStoreRows(MATRIX, (store) => (id: string) => threadSession({ store, id, maxAttempts: 100 }));

describe("MemorySession", () => {
  const sessions = new Map<string, MemorySession>();
  function openSession(id: string): MemorySession {
    const session = sessions.get(id) ?? new MemorySession({ sessionId: id });
    sessions.set(id, session);
    return session;
  }
  defineRow<OpenSession>(MATRIX, () => openSession, { isPersistent: false });
});
