import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { InMemorySessionService, type Session } from "@google/adk";
import { newEvent } from "../model.test-helper.ts";
import { scenario, shown } from "../scenario.test-helper.ts";
import { type Check, errorOf, newNames } from "./check.test-helper.ts";

/** Requirements of the SDK, and of applications with many names. */
export const SESSIONS: readonly Check[] = [
  {
    name: "every step shows what the SDK's service in memory shows",
    quick: true,
    async run({ service }) {
      const appName = `app-${randomUUID()}`;
      assert.deepEqual(
        await scenario(service, appName),
        await scenario(new InMemorySessionService(), appName),
      );
    },
  },
  {
    name: "events and state are those of every client",
    async run({ service, open }) {
      const names = newNames();
      const session = await service.createSession({
        ...names,
        state: { a: 1, "app:b": 2, "user:c": 3, "temp:d": 4 },
      });
      assert.deepEqual({ ...session.state }, { a: 1, "app:b": 2, "user:c": 3 });
      await service.appendEvent({ session, event: newEvent("e1", { a: 2, "user:c": 4 }) });
      const other = await open().getSession(names);
      assert.deepEqual(shown(other), shown(session));
      assert.equal(other?.lastUpdateTime, session.lastUpdateTime);
    },
  },
  {
    name: "a session that exists is not created again, and its application keeps its state",
    async run(services) {
      const { service, open } = services;
      const names = newNames();
      await service.createSession({ ...names, state: { "app:a": 1, own: 1 } });
      for (const state of [{}, { "app:a": 2, "user:b": 2, own: 2 }]) {
        const create = async () => open().createSession({ ...names, state });
        await assert.rejects(create, errorOf(services, "SESSION_EXISTS"));
      }
      assert.deepEqual({ ...(await service.getSession(names))?.state }, { own: 1, "app:a": 1 });
    },
  },
  {
    name: "an append to a missing or deleted session is rejected, and changes no state",
    async run(services) {
      const { service, open } = services;
      const names = newNames();
      const { appName, userId } = names;
      const session = await service.createSession(names);
      await open().deleteSession(names);
      const event = newEvent("e1", { a: 1 });
      const appendDeleted = async () => service.appendEvent({ session, event });
      await assert.rejects(appendDeleted, errorOf(services, "SESSION_NOT_FOUND"));
      assert.deepEqual(session.events, []);
      const unknown = { ...session, id: randomUUID() };
      const shared = newEvent("e2", { "app:a": 1, "user:b": 1 });
      const append = async () => service.appendEvent({ session: unknown, event: shared });
      await assert.rejects(append, errorOf(services, "SESSION_NOT_FOUND"));
      assert.deepEqual({ ...(await service.createSession({ appName, userId })).state }, {});
    },
  },
  {
    name: "names of any length with any characters are separate, and listed",
    async run({ service }) {
      const unique = randomUUID();
      const odd = [
        "a/b",
        "a",
        "A",
        "state",
        "..",
        'con. %2F:*?"<>|\\',
        "e\u0301",
        "\u00e9",
        "😀\0\n",
        "~sha256-",
      ];
      const names = [...odd, "x".repeat(2000), `${"x".repeat(2000)}y`, "__proto__", "constructor"];
      const appNames = [`${unique}/a`, unique, `${unique}${"y".repeat(500)}`];
      for (const appName of appNames) {
        for (const name of names) {
          const state = { name, "user:of": name };
          await service.createSession({ appName, userId: name, sessionId: name, state });
        }
      }
      for (const appName of appNames) {
        const { sessions } = await service.listSessions({ appName });
        assert.deepEqual(sessions.map(({ id }) => id).toSorted(), names.toSorted());
        assert.ok(sessions.every(({ id, userId }) => id === userId));
        for (const name of names) {
          const session = await service.getSession({ appName, userId: name, sessionId: name });
          assert.deepEqual({ ...session?.state }, { name, "user:of": name });
          const listed = await service.listSessions({ appName, userId: name });
          assert.deepEqual(
            listed.sessions.map(({ id }) => id),
            [name],
          );
        }
      }
    },
  },
  {
    name: "listings are ordered by the last update",
    async run({ service }) {
      const { appName, userId } = newNames();
      const sessions: Session[] = [];
      for (const sessionId of ["b", "a", "c"]) {
        sessions.push(await service.createSession({ appName, userId, sessionId }));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const [first] = sessions;
      assert.ok(first);
      await service.appendEvent({ session: first, event: newEvent("e") });
      const listed = async (order: "asc" | "desc") =>
        (await service.listSessions({ appName, userId, order })).sessions.map(({ id }) => id).join("");
      assert.equal(await listed("asc"), "acb");
      assert.equal(await listed("desc"), "bca");
      const page = await service.listSessions({ appName, userId, order: "desc", limit: 1, page: 2 });
      assert.deepEqual(
        page.sessions.map(({ id }) => id),
        ["c"],
      );
    },
  },
  {
    name: "state keys and values are preserved, whatever they are",
    async run({ service, open }) {
      const names = newNames();
      const state = JSON.parse(
        '{"__proto__":{"x":1},"constructor":1,"":2,"app:":3,"app:app:x":4,"user:temp:x":5,"app:__proto__":6,"x:y":7}',
      ) as Record<string, unknown>;
      await service.createSession({ ...names, state });
      const session = await open().getSession(names);
      assert.deepEqual(new Map(Object.entries(session?.state ?? {})), new Map(Object.entries(state)));
    },
  },
];
