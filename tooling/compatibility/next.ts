import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startModel } from "./model.ts";
import { ROOT } from "./packages.ts";
import { MEMORY_PROGRAM } from "./programs.ts";
import type { Project } from "./project.ts";
import { expectOutput, type Row } from "./row.ts";

const GUIDE = "examples/guides";
const ROUTE = "/api/threads/pirate";
const GUIDE_FILES = [
  "http.ts",
  "nextjs/app/admin/threads/[[...path]]/route.ts",
  "nextjs/app/api/threads/[id]/route.ts",
  "nextjs/lib/current-user.ts",
  "nextjs/lib/respond.ts",
  "nextjs/lib/threads.ts",
  "nextjs/next.config.ts",
  "viewer/sessions.ts",
  "viewer/staff-viewer.ts",
] as const;

const SESSION_KEY = "key";

const EDGE_ROUTE = `
${MEMORY_PROGRAM}
  export const runtime = "edge";
export async function GET() { return Response.json({ answer: await main() }); }
`;

const LAYOUT = `export default function Layout({ children }) { return <html><body>{children}</body></html>; }`;

/** Writes an application with the files of the guide, and a route for the edge. */
async function writeApplication(project: Project): Promise<void> {
  for (const file of GUIDE_FILES) {
    const text = await readFile(join(ROOT, GUIDE, file), "utf8");
    // The guides share these files, one folder above. In an application, they are among the others.
    const content = text.replace('../http.ts"', 'http.ts"').replace("../viewer/", "viewer/");
    await project.write(join("next", file.replace("nextjs/", "")), content);
  }
  await project.write("next/package.json", "{}");
  // Next.js adds the rest.
  await project.write(
    "next/tsconfig.json",
    JSON.stringify({ compilerOptions: { strict: true, allowImportingTsExtensions: true, noEmit: true } }),
  );
  await project.write("next/app/layout.jsx", LAYOUT);
  await project.write("next/app/page.jsx", "export default function Page() { return <p>page</p>; }");
  await project.write("next/app/edge/route.js", EDGE_ROUTE);
}

/** Starts the built application on a free port, which it prints. */
async function startNext(
  project: Project,
  env: NodeJS.ProcessEnv,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const program = join(project.folder, "node_modules/next/dist/bin/next");
  const server = spawn(process.execPath, [program, "start", "next", "-H", "127.0.0.1", "-p", "0"], {
    cwd: project.folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production", NO_COLOR: "1", ...env },
  });
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null) return;
    server.kill();
    await once(server, "exit");
  };
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    server.stdout.on("data", (data) => {
      output += String(data);
      const address = /http:\/\/127\.0\.0\.1:[1-9]\d*/u.exec(output)?.[0];
      if (address !== undefined) resolve(address);
    });
    server.once("exit", () => reject(new Error(`Next.js did not start:\n${output}`)));
  });
  return { url, stop };
}

type Send = (path: string, init?: { body?: string; headers?: Record<string, string> }) => Promise<Response>;

async function expectStatus(response: Promise<Response>, expected: number): Promise<Response> {
  const { status } = await response;
  if (status !== expected) throw new Error(`The status is ${status}: ${await (await response).text()}`);
  return response;
}

/** Sends the requests of a page: for a new thread, for a message that is delivered twice, and for its thread. */
async function useRoute(send: Send): Promise<void> {
  const headers = { "x-session-user": "ann" };
  await expectStatus(send(ROUTE), 401);
  await expectStatus(send(ROUTE, { headers }), 404);
  await expectStatus(send(ROUTE, { headers, body: "{" }), 400);
  const body = JSON.stringify({ text: "Hello", key: "1" });
  const deliver = async (): Promise<void> => {
    const answer = await expectStatus(send(ROUTE, { headers, body }), 200);
    expectOutput(await answer.text(), "1 message");
  };
  await deliver();
  await deliver();
  const loaded = await expectStatus(send(ROUTE, { headers }), 200);
  const { messages } = (await loaded.json()) as { messages: unknown[] };
  if (messages.length !== 2) throw new Error(`The thread has ${messages.length} messages.`);
  const etag = loaded.headers.get("etag") ?? "";
  await expectStatus(send(ROUTE, { headers: { ...headers, "if-none-match": etag } }), 304);
  await expectStatus(send(ROUTE, { headers: { "x-session-user": "ben" } }), 404);
}

/** Opens the viewer of the guide as its login would, and shows the thread that the route has saved. */
async function useViewer(send: Send): Promise<void> {
  const viewer = "/admin/threads";
  // Next.js must not remove the slash that the viewer adds.
  await expectStatus(send(`${viewer}/`), 303);
  await expectStatus(send(`${viewer}/api/session`), 401);
  const user = Buffer.from(JSON.stringify({ name: "ann", role: "admin" })).toString("base64url");
  const signature = createHmac("sha256", SESSION_KEY).update(user).digest("base64url");
  const headers = { cookie: `staff-session=${user}.${signature}` };
  await expectStatus(send(viewer, { headers }), 307);
  const shown = await expectStatus(
    send(`${viewer}/api/threads/pirate/conversation?namespace=ann`, { headers }),
    200,
  );
  const { check, entries } = (await shown.json()) as { check: string; entries: unknown[] };
  expectOutput(`${check} ${entries.length}`, "checked 2");
}

export const NEXT_ROW: Row = {
  area: "Bundlers and frameworks",
  name: "Next.js, route handlers",
  tools: ["next", "react"],
  proof:
    "`next build` of the guide's files, and `next start` answers requests from the guide's route with SQLite and an agent, from the viewer with a login, and from an edge route with core",
  async check(workbench) {
    const project = await workbench.tools();
    await writeApplication(project);
    const model = await startModel();
    try {
      await project.succeed(project.bin("next"), ["build", "next"], model.env);
      const { url, stop } = await startNext(project, {
        ...model.env,
        SESSION_KEY,
        DATABASE: join(project.folder, "next.db"),
      });
      const send: Send = (path, init) =>
        fetch(`${url}${path}`, {
          method: init?.body === undefined ? "GET" : "POST",
          redirect: "manual",
          ...init,
        });
      try {
        await useRoute(send);
        await useViewer(send);
        expectOutput(await (await send("/edge")).text(), "works");
      } finally {
        await stop();
      }
    } finally {
      model.stop();
    }
  },
};
