import { expect, it } from "vitest";
import { countingStore, type Transfer } from "./driver.test-helper.ts";
import { messages } from "./entries.test-helper.ts";
import { claudeSessionStore } from "./index.ts";

it.each([
  ["user-1", "user-1"],
  ["user-1", "user-1/"],
  ["user 1", "user 1"],
  ["user 1", "user 1/"],
  ["ü", "üa"],
])("finding the session %j among 300 that begin with %j does not list them", async (sessionId, prefix) => {
  const transfer: Transfer = { requests: 0, bytes: 0 };
  const sessions = claudeSessionStore({ store: countingStore(transfer) });
  const projectKey = "p";
  for (let index = 0; index < 300; index += 1) {
    await sessions.append({ projectKey, sessionId: `${prefix}${index}` }, messages(1));
  }
  const subpath = { projectKey, sessionId, subpath: "subagents/agent-1" };
  const count = async (work: () => Promise<unknown>) => {
    const before = transfer.requests;
    await work();
    return transfer.requests - before;
  };
  expect(await count(async () => sessions.load(subpath))).toBeLessThanOrEqual(3);
  expect(await count(async () => sessions.append(subpath, messages(1)))).toBeLessThanOrEqual(8);
  expect(
    await count(async () => sessions.append({ projectKey, sessionId }, messages(1))),
  ).toBeLessThanOrEqual(8);
  expect(await count(async () => sessions.load(subpath))).toBeLessThanOrEqual(3);
  expect(await count(async () => sessions.delete({ projectKey, sessionId }))).toBeLessThanOrEqual(20);
  expect(await sessions.listSessions(projectKey)).toHaveLength(300);
});
