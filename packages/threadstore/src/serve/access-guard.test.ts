import { expect, it } from "vitest";
import { guardAccess } from "./access-guard.ts";

const PORT = 4000;

function open(token: string, headers: Readonly<Record<string, string>> = {}): Request {
  return new Request(`http://127.0.0.1:${PORT}/?token=${token}`, {
    headers: { host: `127.0.0.1:${PORT}`, ...headers },
  });
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

it("another port cannot lock the page with a cookie of the same name", async () => {
  const guard = guardAccess({ viewer: async () => new Response("page"), port: () => PORT });
  const [cookie] = (await guard.handler(open(guard.token))).headers.getSetCookie();
  const session = cookie?.split(";")[0] ?? "";
  const [name] = session.split("=");
  const send = async (sent: string): Promise<number> => {
    const headers = { host: `127.0.0.1:${PORT}`, cookie: sent };
    const request = new Request(`http://127.0.0.1:${PORT}/api/session`, { headers });
    return (await guard.handler(request)).status;
  };
  expect(await send(`${name}=forged; ${session}; ${name}=`)).toBe(200);
  expect(await send(`${name}=forged; ${name}=`)).toBe(401);
});

it("the address bar gets a page that says what to do, and other clients problem details", async () => {
  const guard = guardAccess({ viewer: async () => new Response("page"), port: () => PORT });
  const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
  const expired = await guard.handler(open("<script>expired", { accept }));
  expect([expired.status, expired.headers.get("content-type")]).toEqual([401, "text/html; charset=utf-8"]);
  const html = await expired.text();
  expect(html).toContain("<code>threadstore serve</code>");
  expect(html).not.toContain("<script>");
  const policy = expired.headers.get("content-security-policy");
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'$/u);
  const rebound = await guard.handler(open(guard.token, { accept, host: "evil.example" }));
  expect([rebound.status, rebound.headers.get("content-type")]).toEqual([403, "text/html; charset=utf-8"]);
  const client = await guard.handler(open("expired", { accept: "*/*" }));
  expect(client.headers.get("content-type")).toBe("application/problem+json");
});
