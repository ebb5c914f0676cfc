import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { sqliteStore } from "@threadstore/sqlite";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Model } from "./model.test-helper.ts";

await describeWithService("browser", "the web chat", ({ url: browserUrl }) => {
  let browser: Browser;
  let model: Model;
  let modelUrl: string;
  let folder: string;
  let server: ChildProcess | undefined;
  let port = "0";
  const pages: Page[] = [];

  beforeAll(async () => {
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    model = new Model();
    modelUrl = await model.start();
    folder = await mkdtemp(join(tmpdir(), "threadstore-web-chat-"));
    port = "0";
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    await kill();
    await model.stop();
    await rm(folder, { recursive: true });
  });

  async function startChat(): Promise<string> {
    server = spawn(process.execPath, [join(import.meta.dirname, "server.ts")], {
      env: {
        ...process.env,
        OPENAI_BASE_URL: modelUrl,
        OPENAI_API_KEY: "local",
        DATABASE: join(folder, "chat.db"),
        PORT: port,
      },
      // The log, in which the server explains failures to its operator.
      stdio: ["ignore", "pipe", "ignore"],
    });
    const lines = createInterface(server.stdout as NodeJS.ReadableStream);
    const [address] = (await once(lines, "line")) as [string];
    port = new URL(address).port;
    return address;
  }

  async function kill(): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  }

  async function openTab(address: string, width = 1000): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 700 } });
    context.setDefaultTimeout(BROWSER_TIMEOUT_MS);
    const page = await context.newPage();
    pages.push(page);
    await page.goto(address);
    await expect.poll(() => page.locator("#older").count(), eventually).toBe(1);
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel("Message").fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  }

  const messagesOn = async (page: Page): Promise<string[]> =>
    (await page.locator("#messages li").allTextContents()).map((text) => text.trim());
  const titlesOn = (page: Page) => page.locator("#conversations button").allTextContents();
  const alertOn = (page: Page) => page.locator("[role=alert]").textContent();
  const eventually = { interval: 50 };

  it("streams, lists, renames and deletes", async () => {
    const page = await openTab(await startChat());
    const release = model.hold();
    await say(page, "hello");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re:"]);
    release();
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re: hello"]);

    await page.getByRole("button", { name: "New conversation" }).click();
    await expect.poll(() => messagesOn(page), eventually).toEqual([]);
    await say(page, "something else");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["something else", "re: something else"]);
    await expect.poll(() => titlesOn(page), eventually).toEqual(["something else", "hello"]);

    await page.locator("#conversations").getByRole("button", { name: "hello" }).click();
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re: hello"]);
    await page.getByRole("button", { name: "Rename" }).first().click();
    await page.getByRole("textbox", { name: "Name" }).fill("Greetings");
    await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
    await expect.poll(() => titlesOn(page), eventually).toEqual(["Greetings", "something else"]);
    await page.reload();
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re: hello"]);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Greetings");
    await page.getByRole("button", { name: "Delete" }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => titlesOn(page), eventually).toEqual(["something else"]);
    await expect.poll(() => messagesOn(page), eventually).toEqual([]);
  });

  it("continues by itself after its server was killed in the middle of an answer", async () => {
    const page = await openTab(await startChat());
    await say(page, "one");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["one", "re: one"]);
    const release = model.hold();
    await say(page, "two");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["one", "re: one", "two", "re:"]);
    await kill();
    await expect.poll(() => alertOn(page), eventually).toContain("The connection was lost. Trying again");
    release();
    await startChat();
    await expect.poll(() => messagesOn(page), eventually).toEqual(["one", "re: one", "two", "re: two"]);
    await expect.poll(() => alertOn(page), eventually).toBe("");
  });

  it("loses nothing when two tabs post at once, or when the tab is reloaded", async () => {
    const address = await startChat();
    const first = await openTab(address);
    await say(first, "zero");
    await expect.poll(() => messagesOn(first), eventually).toHaveLength(2);
    const second = await openTab(first.url());
    await expect.poll(() => messagesOn(second), eventually).toHaveLength(2);
    const release = model.hold();
    await Promise.all([say(first, "left"), say(second, "right")]);
    await first.reload();
    release();
    for (const page of [first, second]) {
      await expect.poll(() => page.getByRole("button", { name: "Stop" }).isHidden(), eventually).toBe(true);
    }
    for (const page of [first, second]) {
      await page.evaluate(`dispatchEvent(new Event("focus"))`);
      await expect.poll(() => messagesOn(page), eventually).toHaveLength(6);
      const texts = await messagesOn(page);
      const [left, right] = [texts.indexOf("left"), texts.indexOf("right")];
      expect([texts[left + 1], texts[right + 1]]).toEqual(["re: left", "re: right"]);
    }
  });

  it("stops an answer, and gives back a message that the model refused", async () => {
    const page = await openTab(await startChat());
    model.hold();
    await say(page, "a long story");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["a long story", "re:"]);
    await page.getByRole("button", { name: "Stop" }).click();
    const stopped = ["a long story", "re:", "You stopped this answer."];
    await expect.poll(() => messagesOn(page), eventually).toEqual(stopped);

    model.hold()();
    model.status = 400;
    await say(page, "something forbidden");
    await expect
      .poll(() => alertOn(page), eventually)
      .toBe("The assistant cannot answer this. Change the message and send it again.");
    expect(await page.getByLabel("Message").inputValue()).toBe("something forbidden");
    model.status = 200;
    await page.reload();
    await expect.poll(() => page.getByLabel("Message").inputValue(), eventually).toBe("something forbidden");
    await page.getByRole("button", { name: "Send" }).click();
    await expect
      .poll(async () => (await messagesOn(page)).at(-1), eventually)
      .toBe("re: something forbidden");
  });

  it("shows the latest of many conversations first, on a phone too, and asks for nothing while idle", async () => {
    // Conversations of the same millisecond have no order.
    let time = Date.now() - 3_600_000;
    const store = sqliteStore({ path: join(folder, "chat.db"), now: () => (time += 1) });
    for (let n = 0; n < 60; n += 1)
      await store.save(randomUUID(), { messages: [] }, { metadata: { title: `Conversation ${n}` } });
    await store.close();
    const page = await openTab(await startChat(), 375);
    await page.getByRole("button", { name: "Conversations" }).click();
    await expect.poll(async () => (await titlesOn(page)).length, eventually).toBe(50);
    expect((await titlesOn(page))[0]).toBe("Conversation 59");
    await page.getByRole("button", { name: "Older conversations" }).click();
    await expect.poll(async () => (await titlesOn(page)).at(-1), eventually).toBe("Conversation 0");
    await page.keyboard.press("Escape");

    model.answer = [
      `# Heading\n\n${"long".repeat(100)}\n\n| a | b |\n|---|---|\n| ${"x".repeat(200)} | 2 |`,
      `\`\`\`\n${"code ".repeat(60)}\n\`\`\``,
      '<img src=x onerror="document.title=`attacked`"><script>document.title="attacked"</script>',
      '[a link](javascript:document.title="attacked") <iframe srcdoc="<script>top.document.title=1</script>">',
    ].join("\n\n");
    await say(page, `${"word".repeat(50)} *as typed*`);
    await expect.poll(() => page.locator("#messages h1").textContent(), eventually).toBe("Heading");
    await expect.poll(() => page.getByRole("button", { name: "Stop" }).isHidden(), eventually).toBe(true);
    expect(
      await page.locator("#messages :is(img, script, iframe, [onerror], [href^=javascript])").count(),
    ).toBe(0);
    expect(await page.title()).toContain("wordword");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(375);
    const isWide = `document.querySelector("#scroll").scrollWidth > document.querySelector("#scroll").clientWidth`;
    expect(await page.evaluate(isWide)).toBe(false);

    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.waitForTimeout(1500);
    expect(requests).toEqual([]);
  });
});
