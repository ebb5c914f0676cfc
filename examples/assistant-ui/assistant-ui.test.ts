import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { memoryStore } from "@threadstore/core";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import type { ModelMessage } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createApp } from "./app.ts";

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

const POLL = { timeout: 30_000, interval: 50 };

/** A model that answers `re: …`. */
const model = new MockLanguageModelV4({
  doStream: ({ prompt }) => {
    const last = (prompt as ModelMessage[]).at(-1)?.content;
    const text = Array.isArray(last)
      ? last.map((part) => (part.type === "text" ? part.text : "")).join("")
      : "";
    return Promise.resolve({
      stream: ReadableStream.from([
        { type: "stream-start", warnings: [] },
        { type: "text-start", id: "t" },
        { type: "text-delta", id: "t", delta: `re: ${text}` },
        { type: "text-end", id: "t" },
        { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage },
      ]) as never,
    });
  },
});

await describeWithService("browser", "pages with assistant-ui", ({ url: browserUrl }) => {
  let browser: Browser;
  let context: BrowserContext;
  let server: ServerType;
  let address: string;
  const store = memoryStore();

  beforeAll(async () => {
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
    context = await browser.newContext();
    context.setDefaultTimeout(BROWSER_TIMEOUT_MS);
    const app = await createApp({ store, model });
    server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    await once(server, "listening");
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await context.close();
    await browser.close();
    server.close();
  });
  afterEach(async () => {
    for (const page of context.pages()) await page.close();
    await store.erase();
  });

  async function openTab(path: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(address + path);
    await page.getByLabel("Message", { exact: true }).waitFor();
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  }

  const textsOn = (page: Page) => page.locator("#messages .text").allTextContents();
  const titlesOn = (page: Page, list = "threads") =>
    page.locator(`#${list} .thread button:first-child`).allTextContents();
  const row = (page: Page, title: string) => page.locator(".thread", { hasText: title });
  const click = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).first().click();

  it("lists, renames, archives and deletes threads of the server, which survive a reload", async () => {
    const page = await openTab("/");
    await say(page, "one");
    await expect.poll(() => textsOn(page)).toEqual(["one", "re: one"]);
    await expect.poll(() => titlesOn(page)).toEqual(["one"]);
    await click(page, "New");
    await say(page, "two");
    await expect.poll(() => titlesOn(page)).toEqual(["two", "one"]);
    page.once("dialog", (dialog) => void dialog.accept("First"));
    await row(page, "one").getByText("Rename").click();
    await expect.poll(() => titlesOn(page)).toEqual(["two", "First"]);

    const second = await openTab("/");
    await expect.poll(() => titlesOn(second)).toHaveLength(2);
    await click(second, "First");
    await expect.poll(() => textsOn(second)).toEqual(["one", "re: one"]);
    await say(second, "three");
    await expect.poll(() => textsOn(second)).toEqual(["one", "re: one", "three", "re: three"]);
    await row(second, "First").getByText("Archive").click();
    await expect.poll(() => titlesOn(second, "archive")).toEqual(["First"]);
    await row(second, "two").getByText("Delete").click();
    await expect.poll(() => titlesOn(second)).toEqual([]);
    await page.reload();
    await expect.poll(() => titlesOn(page, "archive")).toEqual(["First"]);
    expect(await titlesOn(page)).toEqual([]);
  });

  it("does not create a thread again that another tab deletes while the first response is lost", async () => {
    const page = await openTab("/page");
    let lost = 0;
    await page.route("**/elements", async (route) => {
      await route.fetch();
      lost += 1;
      await route.abort();
    });
    await say(page, "lost");
    await expect.poll(() => lost, POLL).toBeGreaterThan(2);
    const second = await openTab("/page");
    await expect.poll(() => titlesOn(second), POLL).toHaveLength(1);
    await click(second, "Delete");
    await expect.poll(() => titlesOn(second), POLL).toEqual([]);
    await page.unroute("**/elements");
    await say(page, "again");
    await expect.poll(() => page.getByRole("alert").textContent(), POLL).toMatch(/does not exist anymore/u);
    expect((await store.namespace("ann").namespace("page").listPage()).threads).toEqual([]);
  });

  it("keeps the branches that the page stores, and says errors in the words of a user", async () => {
    const page = await openTab("/page");
    await say(page, "one");
    await expect.poll(() => textsOn(page)).toEqual(["one", "re: one"]);
    await click(page, "Edit");
    await page.getByLabel("Edited message").fill("other");
    await click(page, "Save");
    await expect.poll(() => textsOn(page)).toEqual(["other", "re: other"]);
    await expect.poll(() => titlesOn(page)).toEqual(["one"]);
    await page.reload();
    await click(page, "one");
    await expect.poll(() => textsOn(page)).toEqual(["other", "re: other"]);
    await click(page, "Previous");
    await expect.poll(() => textsOn(page)).toEqual(["one", "re: one"]);

    const [id = ""] = (await store.namespace("ann").namespace("page").listPage()).threads.map(
      (thread) => thread.id,
    );
    await store.namespace("ann").namespace("page").delete(id);
    await say(page, "two");
    const alert = page.getByRole("alert");
    await expect.poll(() => alert.textContent()).toBe("This conversation does not exist anymore.");
    await context.clearCookies();
    await row(page, "one").getByText("Archive").click();
    await expect.poll(() => alert.textContent()).toBe("You are signed out. Sign in again.");
  });
});
