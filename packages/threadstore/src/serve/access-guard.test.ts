import { expect, it } from "vitest";
import { guardAccess } from "./access-guard.ts";

const PORT = 4000;

function open(token: string): Request {
  const headers = { host: `127.0.0.1:${PORT}` };
  return new Request(`http://127.0.0.1:${PORT}/?token=${token}`, { headers });
}

it("a token for the arguments of a process opens the page once", async () => {
  const guard = guardAccess({ viewer: async () => new Response("page"), port: () => PORT });
  const [first, second] = [guard.createSingleUse(), guard.createSingleUse()];
  const statuses = [];
  for (const token of [first, first, second, guard.token, guard.token]) {
    statuses.push((await guard.handler(open(token))).status);
  }
  expect(statuses).toEqual([303, 401, 303, 303, 303]);
});

it("secrets differ between servers", () => {
  const create = (): string[] => {
    const guard = guardAccess({ viewer: async () => new Response("page"), port: () => PORT });
    return [guard.token, guard.createSingleUse()];
  };
  expect(new Set([...create(), ...create()]).size).toBe(4);
});
