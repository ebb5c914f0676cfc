import assert from "node:assert/strict";
import type { BaseSessionService, Session } from "@google/adk";
import { newEvent } from "./model.test-helper.ts";

/** What two services must agree on: everything but times. */
export function shown(session: Session | undefined): unknown {
  if (session === undefined) return undefined;
  const { lastUpdateTime, ...members } = session;
  assert.equal(typeof lastUpdateTime, "number");
  return JSON.parse(JSON.stringify(members));
}

/** Creates, changes, reads and deletes sessions, and returns the result of each step. */
export async function scenario(service: BaseSessionService, appName: string): Promise<unknown[]> {
  const names = { appName, userId: "ann", sessionId: "s" };
  const steps: unknown[] = [];
  const created = await service.createSession({ ...names, state: { a: 1, "temp:x": 2, n: null } });
  steps.push(shown(created));
  const events = [
    newEvent("e1", { a: 2, "app:theme": "dark", "user:name": "Ann", "temp:y": 3 }),
    newEvent("e2", { b: { c: [1, { d: "ü😀" }] } }),
    newEvent("e3"),
    // Replaces the event before it.
    { ...newEvent("e2", { b: "new" }, "replaced"), timestamp: 3 },
    { ...newEvent("e4"), partial: true },
    newEvent("e5", { "app:theme": "light", a: null }),
  ];
  for (const [index, event] of events.entries()) {
    await service.appendEvent({ session: created, event: { ...event, timestamp: 1000 + index } });
    steps.push(shown(created), shown(await service.getSession(names)));
  }
  for (const config of [
    {},
    { numRecentEvents: 2 },
    { numRecentEvents: 99 },
    { afterTimestamp: 1002 },
    { afterTimestamp: 9999 },
    { numRecentEvents: 1, afterTimestamp: 1001 },
  ]) {
    steps.push(shown(await service.getSession({ ...names, config })));
  }
  steps.push(...(await otherSessions(service, appName)), ...(await listings(service, appName)));
  await service.deleteSession(names);
  await service.deleteSession(names);
  steps.push(shown(await service.getSession(names)));
  return steps;
}

/** The state of the application and the user is shared, that of the session is not. */
async function otherSessions(service: BaseSessionService, appName: string): Promise<unknown[]> {
  const steps: unknown[] = [];
  for (const [userId, sessionId] of [
    ["ann", "other"],
    ["bob", "s"],
  ] as const) {
    steps.push(shown(await service.createSession({ appName, userId, sessionId })));
    steps.push(shown(await service.getOrCreateSession({ appName, userId, sessionId, state: { never: 1 } })));
  }
  const generated = await service.createSession({ appName, userId: "bob" });
  steps.push(generated.id.length > 10);
  await service.deleteSession({ appName, userId: "bob", sessionId: generated.id });
  return steps;
}

async function listings(service: BaseSessionService, appName: string): Promise<unknown[]> {
  const steps: unknown[] = [];
  for (const request of [
    {},
    { userId: "ann" },
    { userId: "nobody" },
    { limit: 2 },
    { limit: 2, page: 2 },
    { limit: 2, offset: 1 },
    { limit: 0 },
    { offset: 1 },
    { limit: 5, userId: "nobody" },
  ]) {
    const { sessions, ...page } = await service.listSessions({ appName, ...request });
    const states = sessions.map(({ state, events: listed }) => [state, listed]);
    steps.push({ ...page, count: sessions.length, states: JSON.stringify(states) });
  }
  return steps;
}
