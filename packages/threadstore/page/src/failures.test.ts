// Stores that fail, and threads that disappear, while a page is open.
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { refund } from "./sample-threads.test-helper.ts";
import { openTab, startViewers, type Tab, type Viewers } from "./viewer.test-helper.ts";

const THREADS = 250;

/** What the viewer sends if its store is not available. */
const UNAVAILABLE = {
  status: 503,
  contentType: "application/problem+json",
  headers: { "retry-after": "5" },
  body: JSON.stringify({
    status: 503,
    code: "UNAVAILABLE",
    title: "The store is unavailable",
    detail: "The service is not available. Repeat the request later.",
  }),
};

await describeWithService("browser", "the page", ({ url: browserUrl }) => {
  let browser: Browser;
  let viewers: Viewers;
  let tab: Tab;

  beforeAll(async () => {
    viewers = await startViewers(async (store) => {
      await store.save("order", refund(), { metadata: { title: "Order" } });
      await store.save("..", refund(), { metadata: { title: "Dots" } });
      const many = store.namespace("many");
      for (let index = 0; index < THREADS; index += 1) await many.save(`thread-${index}`, { messages: [] });
    });
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
    tab = await openTab(browser, viewers.writable);
  });
  afterEach(() => tab.page.unrouteAll({ behavior: "wait" }));
  afterAll(async () => {
    await browser.close();
    await viewers.stop();
  });

  it("repeats requests that a store cannot answer for a moment", async () => {
    const { page, open, problems } = tab;
    let failures = 0;
    await page.route(/\/conversation/u, (route) => {
      failures += 1;
      return failures === 1 ? route.fulfill(UNAVAILABLE) : route.fallback();
    });
    await open("?thread=order");
    await page.getByText("so a refund is possible").waitFor();
    expect(failures).toBe(2);
    expect(problems).toEqual([]);
  });

  it("says that the store is not available, and loads again when the user asks", async () => {
    const { page, open, problems } = tab;
    await page.route(/\/conversation/u, (route) => route.fulfill(UNAVAILABLE));
    await open("?thread=order");
    const failure = page.locator(".view [role=alert]");
    await failure.getByText("The store is unavailable").waitFor();
    await failure.getByText("Repeat the request later.").waitFor();
    await page.unrouteAll({ behavior: "wait" });
    await failure.getByRole("button", { name: "Load again" }).click();
    await page.getByText("so a refund is possible").waitFor();
    expect(problems).toEqual([]);
  });

  it("keeps what it has loaded if the store fails later", async () => {
    const { page, open, problems } = tab;
    await open("?thread=order");
    await page.getByText("so a refund is possible").waitFor();
    await page.route(/\/api\//u, (route) => route.fulfill(UNAVAILABLE));
    await page.keyboard.press("r");
    const note = page.getByRole("alert").filter({ hasText: "The conversation may be outdated." });
    await note.waitFor();
    await page.getByText("The list may be outdated.").waitFor();
    expect(await page.getByText("so a refund is possible").isVisible()).toBe(true);
    expect(await page.locator(".thread-row").count()).toBe(2);
    await page.unrouteAll({ behavior: "wait" });
    await note.getByRole("button", { name: "Load again" }).click();
    await note.waitFor({ state: "detached" });
    expect(problems).toEqual([]);
  });

  it("keeps the beginning of a list if its continuation fails", async () => {
    const { page, open, problems } = tab;
    let requests = 0;
    await page.route(/\/api\/threads\?.*cursor=/u, (route) => {
      requests += 1;
      return route.fulfill(UNAVAILABLE);
    });
    await open("?namespace=many");
    await page.locator(".thread-row").first().waitFor();
    await page.locator(".thread-list").evaluate((list) => (list.scrollTop = list.scrollHeight));
    const note = page.getByRole("alert").filter({ hasText: "The list continues." });
    await note.waitFor();
    // The first attempt and two repetitions: a page must not send requests to a store that fails in a loop.
    expect(requests).toBe(3);
    expect(await page.locator('.thread-row[data-index="99"]').count()).toBe(1);
    await page.unrouteAll({ behavior: "wait" });
    await note.getByRole("button", { name: "Load again" }).click();
    const scrollToEnd = async (): Promise<number> => {
      await page.locator(".thread-list").evaluate((list) => (list.scrollTop = list.scrollHeight));
      return page.locator(`.thread-row[data-index="${THREADS - 1}"]`).count();
    };
    await expect.poll(scrollToEnd).toBe(1);
    expect(problems).toEqual([]);
  });

  it("says that a thread was deleted since the list was loaded", async () => {
    const { page, open, problems } = tab;
    await viewers.store.save("gone", refund(), { metadata: { title: "Gone" } });
    await open("");
    await page.locator(".thread-row", { hasText: "Gone" }).waitFor();
    await viewers.store.delete("gone");
    await page.locator(".thread-row", { hasText: "Gone" }).click();
    await page.locator(".view [role=alert]").getByText("NOT_FOUND").waitFor();
    expect(problems).toEqual([]);
  });

  it("does not show a thread again that the user has erased", async () => {
    const { page, open, problems } = tab;
    await viewers.store.save("secret", refund(), { metadata: { title: "Secret" } });
    await open("");
    await page.locator(".thread-row", { hasText: "Secret" }).click();
    await page.getByText("so a refund is possible").waitFor();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Erase" }).click();
    await page.getByRole("textbox", { name: "To confirm" }).fill("secret");
    await page.getByRole("button", { name: "Erase", exact: true }).click();
    await page.getByText("Choose a conversation").waitFor();
    await page.goBack();
    await page.locator(".view [role=alert]").getByText("NOT_FOUND").waitFor();
    expect(await page.getByText("so a refund is possible").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it("says that no address can contain an id of dots, and sends no request to another path", async () => {
    const { page, open, problems } = tab;
    const paths: string[] = [];
    page.on("request", (request) => paths.push(new URL(request.url()).pathname));
    await open("?thread=..");
    await page.locator(".view [role=alert]").getByText("ID_NOT_ADDRESSABLE").waitFor();
    expect(
      paths.filter((path) => !/^\/(?:$|assets\/|api\/(?:session|namespaces|threads)$)/u.test(path)),
    ).toEqual([]);
    expect(problems).toEqual([]);
  });
});
