import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { ConversationError, FINDING_CODES, uiMessageStore } from "./index.ts";
import { lastMessages, startModelServer, temporaryFolder } from "./tools.test-helper.ts";

// Each test starts several processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
const [route = "", client = "", , , repair = "", , save = "", agent = ""] = examples;

// Stands in for the web server and the page: sends the page's requests to the route, and prints the answer.
const page = `
  import { readUIMessageStream } from "ai";
  import { GET, POST } from "./route.ts";
  import { transport } from "./client.ts";
  const { fetch } = globalThis;
  globalThis.fetch = (url, init) =>
    url === "/api/chat" ? POST(new Request("http://page/api/chat", init)) : fetch(url, init);
  const chatId = "support-4711";
  const messages = await (await GET(new Request("http://page/api/chat?id=" + chatId))).json();
  const [, , text] = process.argv;
  messages.push({ id: String(messages.length), role: "user", parts: [{ type: "text", text }] });
  const trigger = "submit-message";
  const stream = await transport.sendMessages({ chatId, messages, trigger, messageId: undefined });
  let last;
  for await (const message of readUIMessageStream({ stream })) last = message;
  console.log(last.parts.at(-1).text);
`;

/** Returns a function that runs one of the programs, against the built package and always in the same folder. */
function programs(files: {
  [name: string]: string;
}): (name: string, modelUrl: string, ...parameters: string[]) => Promise<string> {
  // Inside this package, so that the package's name resolves.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
  const cwd = temporaryFolder();
  return async (name, modelUrl, ...parameters) => {
    const env = { ...process.env, OPENAI_BASE_URL: `${modelUrl}/v1`, OPENAI_API_KEY: "k", NO_COLOR: "1" };
    const file = join(folder, name);
    return (await promisify(execFile)(process.execPath, [file, ...parameters], { cwd, env })).stdout;
  };
}

test("the endpoint and the page run and continue after a restart, and an answer is removed", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "Now tell" }, { content: "Arr!" });
  mock.on({ userMessage: "Tell me" }, { content: "Lost at C." });
  const files = {
    "route.ts": route,
    "client.ts": client,
    "page.ts": page,
    "repair.ts": repair,
    "save.ts": save,
  };
  const run = programs(files);
  expect(await run("page.ts", mock.url, "Tell me a joke.")).toBe("Lost at C.\n");
  expect(await run("page.ts", mock.url, "Now tell it as a pirate.")).toBe("Arr!\n");
  expect(lastMessages(mock).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(await run("repair.ts", mock.url)).toBe("");
  expect(await run("save.ts", mock.url)).toBe("3 messages left\n");
});

test("the agent without a user interface runs and continues after a restart", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "Now tell" }, { content: "Arr!" });
  mock.on({ userMessage: "Tell me" }, { content: "Lost at C." });
  const run = programs({ "agent.ts": agent });
  expect(await run("agent.ts", mock.url)).toBe("Lost at C.\n");
  expect(await run("agent.ts", mock.url, "Now tell it as a pirate.")).toBe("Arr!\n");
  expect(lastMessages(mock).map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  await store.save("talk", json);
  const conversation = await uiMessageStore({ store }).load("talk");
  expect(conversation?.messages[1]?.metadata).toEqual({ at: new Date("2026-11-22T16:25:00.007Z") });
});

test("the documented encoded values are decoded and encoded", async () => {
  const documented = [...readme.matchAll(/^\| `(\{ "\$.*?\})` \|/gm)].map(
    ([, json = ""]) => JSON.parse(json) as object,
  );
  expect(documented).toHaveLength(7);
  const store = memoryStore();
  const part = { type: "data-x", data: documented };
  const messages = [{ id: "1", role: "user", parts: [part] }];
  const thread = { format: "threadstore.thread", version: 1, kind: "ai-sdk-ui-messages", messages };
  await store.save("talk", thread);
  const chats = uiMessageStore({ store });
  const loaded = await chats.load("talk");
  expect(loaded?.messages[0]?.parts[0]).toHaveProperty("data[6]", { $date: "no date" });
  await chats.save("talk", loaded?.messages ?? [], { previous: loaded });
  expect((await store.load("talk"))?.thread).toEqual(thread);
});

test("the table of findings lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([a-z]+(?:-[a-z]+)+)` \|/gm)].map(([, code]) => code);
  expect(rows).toEqual(FINDING_CODES);
});

test("docs/repairing-a-thread.md lists the same codes", () => {
  const docs = readFileSync(new URL("../../../docs/repairing-a-thread.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z-]+)` \|.*\| [TSL ]*U \| [^|]+ \|$/gm)].map(([, code]) => code);
  expect(new Set(rows)).toEqual(new Set(FINDING_CODES));
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(ConversationError.codes);
});
