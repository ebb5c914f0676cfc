import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type BaseSessionService, InMemorySessionService } from "@google/adk";
import {
  defineRow,
  defineStoreRows,
  importPeer,
  type MatrixCheck,
  type SdkMatrix,
} from "@threadstore/matrix";
import { describeWithService } from "@threadstore/services/vitest";
import { describe } from "vitest";
import { ThreadStoreSessionService } from "./index.ts";
import { type Check, type KitServices, newNames } from "./kit/check.test-helper.ts";
import { RACES } from "./kit/races.test-helper.ts";
import { SESSIONS } from "./kit/sessions.test-helper.ts";
import { newEvent, textOf } from "./model.test-helper.ts";

// `npm run docs:matrix` runs this file.

/** The check of what the documentation says of events and of the prefixes of state keys. */
const DOCUMENTED = "events and state are those of every client";

function toCheck({ name, run }: Check): MatrixCheck<KitServices> {
  return { name, run };
}

const MATRIX: SdkMatrix<KitServices> = {
  documented: SESSIONS.filter(({ name }) => name === DOCUMENTED).map(toCheck),
  beyond: [...SESSIONS.filter(({ name }) => name !== DOCUMENTED), ...RACES].map(toCheck),
  async openConversation({ open }, name) {
    const service = open();
    const names = { appName: "matrix", userId: "ann", sessionId: name };
    const read = async () => {
      const session = (await service.getSession(names)) ?? (await service.createSession(names));
      return session;
    };
    let session = await read();
    return {
      async append(texts) {
        for (const text of texts) {
          for (let attempts = 1; ; attempts += 1) {
            try {
              await service.appendEvent({ session, event: newEvent(randomUUID(), {}, text) });
              break;
            } catch (error) {
              if (attempts === 100) throw error;
              session = await read();
            }
          }
        }
      },
      read: async () => (await read()).events.map(textOf),
    };
  },
  async replay({ service, open }) {
    const names = newNames();
    const session = await service.createSession(names);
    const event = newEvent("e");
    await service.appendEvent({ session, event });
    for (const client of [service, open()]) {
      const current = await client.getSession(names);
      assert.ok(current);
      // Services may reject a repeated event.
      await client.appendEvent({ session: current, event }).catch(() => undefined);
    }
    return ((await service.getSession(names))?.events.length ?? 0) - 1;
  },
};

await defineStoreRows(MATRIX, (store) => {
  const open = () => new ThreadStoreSessionService({ store });
  return { service: open(), open };
});

describe("InMemorySessionService", () => {
  const service = new InMemorySessionService();
  defineRow(MATRIX, () => ({ service, open: () => service, hasCodes: false }), { isPersistent: false });
});

const peer = (await importPeer("@google/adk")) as {
  readonly DatabaseSessionService: new (url: string) => BaseSessionService;
};
await describeWithService("postgres", "DatabaseSessionService in PostgreSQL", ({ url }) => {
  const open = () => new peer.DatabaseSessionService(url);
  let subject: KitServices | undefined;
  defineRow(MATRIX, () => (subject ??= { service: open(), open, hasCodes: false }));
});
