import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ServerType, serve } from "@hono/node-server";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import type { Hono } from "hono";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { bundlePage } from "../use-chat/app.ts";

const FOLDER = import.meta.dirname;
const POLL = { timeout: 60_000, interval: 50 };

/** Installs the packages of CopilotKit, which are not part of the workspace. */
function installPackages(): void {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  const env = { ...process.env, PATH, SCARF_ANALYTICS: "false" };
  const parameters = [
    "--yes",
    "pnpm@12.21.0",
    "install",
    "--frozen-lockfile",
    "--prefer-offline",
    "--silent",
  ];
  const { status, stderr } = spawnSync("npx", parameters, { cwd: FOLDER, encoding: "utf8", env });
  if (status !== 0) throw new Error(`Failed to install CopilotKit: ${stderr.slice(-2000)}`);
}

type CreateApp = (options: { store: ThreadStore; agents: object; script: string }) => Hono;

/** Imports a file or package from the folder, which is not type-checked because its packages may not be installed. */
async function importFromFolder<Module>(name: string): Promise<Module> {
  const file = createRequire(join(FOLDER, "app.js")).resolve(name);
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Module;
}

/** Lets answers that wait for it continue. */
let release: () => void = () => undefined;

interface Context {
  readonly input: { readonly messages: readonly { readonly content: string }[] };
  readonly abortSignal: AbortSignal;
}

/** Answers `re: …`. If the question is `wait`, the answer stops in the middle. */
async function* answer({ input, abortSignal }: Context): AsyncGenerator<object> {
  const text = input.messages.at(-1)?.content ?? "";
  const messageId = crypto.randomUUID();
  yield { type: "TEXT_MESSAGE_START", messageId, role: "assistant" };
  yield { type: "TEXT_MESSAGE_CONTENT", messageId, delta: "re: " };
  if (text === "wait") {
    const { promise, resolve } = Promise.withResolvers<void>();
    release = resolve;
    abortSignal.addEventListener("abort", () => resolve());
    await promise;
  }
  if (abortSignal.aborted) return;
  yield { type: "TEXT_MESSAGE_CONTENT", messageId, delta: text };
  yield { type: "TEXT_MESSAGE_END", messageId };
}

await describeWithService("browser", "pages with CopilotKit", ({ url: browserUrl }) => {
  let browser: Browser;
  let context: BrowserContext;
  let server: ServerType;
  let address: string;
  const store = memoryStore();

  beforeAll(async () => {
    vi.stubEnv("COPILOTKIT_TELEMETRY_DISABLED", "true");
    installPackages();
    const { createApp } = await importFromFolder<{ createApp: CreateApp }>("./app.js");
    const { BuiltInAgent } = await importFromFolder<{ BuiltInAgent: new (options: object) => object }>(
      "@copilotkit/runtime/v2",
    );
    const agents = { default: new BuiltInAgent({ type: "custom", factory: answer }) };
    const script = await bundlePage(join(FOLDER, "page/chat.js"));
    server = serve({ fetch: createApp({ store, agents, script }).fetch, port: 0, hostname: "127.0.0.1" });
    await once(server, "listening");
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
    context = await browser.newContext();
    context.setDefaultTimeout(BROWSER_TIMEOUT_MS);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await context.close();
    await browser.close();
    server.close();
  });

  async function openTab(path = "/"): Promise<Page> {
    const page = await context.newPage();
    await page.goto(address + path);
    await page.getByRole("textbox").waitFor();
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByRole("textbox").fill(text);
    await page.getByRole("textbox").press("Enter");
  }

  const textsOn = async (page: Page): Promise<string[]> =>
    (
      await page
        .locator("[data-testid='copilot-user-message'], [data-testid='copilot-assistant-message']")
        .allInnerTexts()
    ).map((text) => text.trim());
  const titlesOn = (page: Page) => page.locator(".thread a").allTextContents();

  it("survive a reload, continue in a second tab, and are listed by `threadHandler`", async () => {
    const page = await openTab();
    await say(page, "one");
    await expect.poll(() => textsOn(page), POLL).toEqual(["one", "re: one"]);
    await expect.poll(() => titlesOn(page), POLL).toEqual(["one"]);
    await page.reload();
    await expect.poll(() => textsOn(page), POLL).toEqual(["one", "re: one"]);
    await say(page, "two");
    await expect.poll(() => textsOn(page), POLL).toEqual(["one", "re: one", "two", "re: two"]);

    const second = await openTab();
    page.once("dialog", (dialog) => void dialog.accept("First"));
    await page.getByText("Rename").click();
    await expect.poll(() => titlesOn(second), POLL).toEqual(["First"]);
    await second.locator(".thread a").click();
    await expect.poll(() => textsOn(second), POLL).toEqual(["one", "re: one", "two", "re: two"]);
    await second.getByText("Delete").click();
    await expect.poll(() => titlesOn(page), POLL).toEqual([]);
    await second.reload();
    await second.getByRole("textbox").waitFor();
    expect(await textsOn(second)).toEqual([]);
    await page.close();
    await second.close();
  });

  it("show an answer in a second tab while it is written, and stop it there", async () => {
    const page = await openTab();
    await say(page, "wait");
    await expect.poll(() => textsOn(page), POLL).toEqual(["wait", "re:"]);
    const second = await openTab(new URL(page.url()).search);
    await expect.poll(() => textsOn(second), POLL).toEqual(["wait", "re:"]);
    await page.reload();
    await expect.poll(() => textsOn(page), POLL).toEqual(["wait", "re:"]);
    release();
    for (const each of [page, second]) {
      await expect.poll(() => textsOn(each), POLL).toEqual(["wait", "re: wait"]);
    }
    const threadId = new URL(page.url()).searchParams.get("thread") ?? "";
    await say(page, "wait");
    await expect.poll(() => textsOn(page), POLL).toEqual(["wait", "re: wait", "wait", "re:"]);
    const path = `/api/copilotkit/agent/default/stop/${threadId}`;
    const stopped = await second.evaluate(
      async (url) => (await (await fetch(url, { method: "POST" })).json()) as object,
      path,
    );
    expect(stopped).toMatchObject({ stopped: true });
    await say(page, "next");
    await expect
      .poll(() => textsOn(page), POLL)
      .toEqual(["wait", "re: wait", "wait", "re:", "next", "re: next"]);
    await page.reload();
    await expect
      .poll(() => textsOn(page), POLL)
      .toEqual(["wait", "re: wait", "wait", "re:", "next", "re: next"]);
  });
});

it("the runner has the type that the runtime expects", () => {
  installPackages();
  const folder = join(FOLDER, "node_modules", ".types");
  mkdirSync(folder, { recursive: true });
  const program = `
    import { type AgentRunner, CopilotRuntime } from "@copilotkit/runtime/v2";
    import { threadStoreRunner } from "@threadstore/copilotkit";
    import { memoryStore } from "@threadstore/core";
    export const runner: AgentRunner = threadStoreRunner({ store: memoryStore() });
    export const runtime = new CopilotRuntime({ agents: {}, runner: threadStoreRunner({ store: memoryStore() }) });
  `;
  writeFileSync(join(folder, "check.ts"), program);
  const options = [
    "--noEmit",
    "--ignoreConfig",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2024",
  ];
  const compiler = join(FOLDER, "../../node_modules/.bin/tsc");
  const { stdout } = spawnSync(compiler, [...options, join(folder, "check.ts")], { encoding: "utf8" });
  expect(stdout).toBe("");
});
