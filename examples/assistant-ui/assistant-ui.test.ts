import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { memoryStore } from "@threadstore/core";
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
    // Vitest's own limits catch a hang.
    browser = await chromium.connectOverCDP(browserUrl, { timeout: 0 });
    context = await browser.newContext();
    context.setDefaultTimeout(0);
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
  const click = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).first().click();

  it.each(["/", "/page"])(
    "%s lists, renames, archives and deletes threads that survive a reload",
    async (path) => {
      const page = await openTab(path);
      await say(page, "one");
      await expect.poll(() => textsOn(page)).toEqual(["one", "re: one"]);
      await expect.poll(() => titlesOn(page)).toEqual(["one"]);
      await click(page, "New");
      await say(page, "two");
      await expect.poll(() => titlesOn(page)).toEqual(["two", "one"]);
      page.once("dialog", (dialog) => void dialog.accept("First"));
      await page.locator(".thread").nth(1).getByText("Rename").click();
      await expect.poll(() => titlesOn(page)).toEqual(["two", "First"]);
      await expect.poll(async () => (await store.namespaces()).namespaces).toEqual(["ann"]);

      await page.reload();
      await expect.poll(() => titlesOn(page)).toEqual(["First", "two"]);
      await click(page, "First");
      await expect.poll(() => textsOn(page)).toEqual(["one", "re: one"]);
      await say(page, "three");
      await expect.poll(() => textsOn(page)).toEqual(["one", "re: one", "three", "re: three"]);

      const second = await openTab(path);
      await expect.poll(() => titlesOn(second)).toEqual(["First", "two"]);
      await second.locator(".thread").first().getByText("Archive").click();
      await expect.poll(() => titlesOn(second, "archive")).toEqual(["First"]);
      await second.locator(".thread").first().getByText("Delete").click();
      await expect.poll(() => titlesOn(second)).toEqual([]);
      await page.reload();
      await expect.poll(() => titlesOn(page, "archive")).toEqual(["First"]);
      expect(await titlesOn(page)).toEqual([]);
    },
  );

  it("/page keeps the branches of edited messages", async () => {
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
  });

  it("says what is wrong in the words of a user", async () => {
    const page = await openTab("/page");
    await say(page, "one");
    await expect.poll(() => titlesOn(page)).toEqual(["one"]);
    const second = await openTab("/page");
    await second.locator(".thread").first().getByText("Delete").click();
    await expect.poll(() => titlesOn(second)).toEqual([]);
    await say(page, "two");
    await expect
      .poll(() => page.getByRole("alert").textContent())
      .toBe("This conversation does not exist anymore.");
    await context.clearCookies();
    await page.locator(".thread").first().getByText("Archive").click();
    await expect.poll(() => page.getByRole("alert").textContent()).toBe("You are signed out. Sign in again.");
  });
});
