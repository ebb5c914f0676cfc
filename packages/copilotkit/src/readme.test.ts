import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test } from "vitest";
import { RunnerError } from "./index.ts";
import { echo, reopen, ScriptedAgent } from "./page.test-helper.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Stands in for the runtime, which is too large for the workspace: `examples/copilotkit` uses the real one. */
const RUNTIME = `
  export class BuiltInAgent {}
  export class CopilotRuntime {
    constructor(options) {
      Object.assign(this, options);
    }
  }
  export const createCopilotRuntimeHandler = ({ runtime, basePath }) => async (request) => {
    const { input } = await request.json();
    const { threadId } = input;
    const isRun = new URL(request.url).pathname === basePath + "/agent/default/run";
    const agent = globalThis.createAgent();
    agent.setMessages(input.messages);
    const events = isRun ? runtime.runner.run({ threadId, agent, input }) : runtime.runner.connect({ threadId });
    const types = [];
    await events.forEach((event) => types.push(event.delta ?? event.type));
    return Response.json(types);
  };
`;

test("the handler answers, shows the thread again, and lists it, for each user", async () => {
  const [, program = ""] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
  // Inside this package, so that the packages' names resolve.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
    Reflect.deleteProperty(globalThis, "createAgent");
  });
  writeFileSync(join(folder, "runtime.js"), RUNTIME);
  const file = join(folder, "example.ts");
  const local = program
    .replace('"@copilotkit/runtime/v2"', '"./runtime.js"')
    .replace('"threads.db"', JSON.stringify(join(folder, "threads.db")));
  writeFileSync(file, local);
  Object.assign(globalThis, { createAgent: () => new ScriptedAgent(echo) });
  const { handler } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
    readonly handler: (request: Request) => Promise<Response>;
  };
  const send = async (path: string, user = "ann"): Promise<unknown> => {
    const messages = [{ id: "q", role: "user", content: "Hello" }];
    const input = { threadId: "t", runId: "r", messages, tools: [], context: [] };
    const body = path.startsWith("/api") ? { method: "POST", body: JSON.stringify({ input }) } : {};
    const headers = { "x-user": user };
    return (await handler(new Request(new URL(path, "http://localhost"), { headers, ...body }))).json();
  };
  const expected = ["RUN_STARTED", "TEXT_MESSAGE_START", "re: Hello", "TEXT_MESSAGE_END", "RUN_FINISHED"];
  expect(await send("/api/copilotkit/agent/default/run")).toEqual(expected.toSpliced(2, 1, "re: ", "Hello"));
  expect(await send("/api/copilotkit/agent/default/connect")).toEqual(expected);
  expect(await send("/threads")).toMatchObject({ threads: [{ id: "t", title: "Hello" }] });
  expect(await send("/threads", "bob")).toMatchObject({ threads: [] });
  expect((await handler(new Request("http://localhost/threads"))).status).toBe(401);
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  await store.save("t", json);
  const tab = await reopen(store);
  expect(tab.texts).toEqual(["Hello", "Ahoy!"]);
  await tab.ask("two");
  const members = (text: string): string[] => [...text.matchAll(/"(\w+)":/gu)].map(([, name = ""]) => name);
  expect(new Set(members(json))).toEqual(new Set(members((await store.load("t"))?.json ?? "")));
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(rows).toEqual(RunnerError.codes);
});

test("the tested versions are those of the example", () => {
  const manifest = readFileSync(join(root, "../../examples/copilotkit/package.json"), "utf8");
  const { dependencies } = JSON.parse(manifest) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of ["@copilotkit/runtime", "@copilotkit/react-core"]) {
    expect(readme).toContain(`\`${name}\` ${dependencies[name]?.replace(/\.\d+$/u, "")}`);
  }
});
