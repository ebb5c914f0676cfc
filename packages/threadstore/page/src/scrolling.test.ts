// How much work scrolling is: counts, because times differ between machines.
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { long } from "./sample-threads.test-helper.ts";
import { openTab, startViewers, type Viewers } from "./viewer.test-helper.ts";

const BYTES = 600_000;
const THREADS = 350;
const FINDINGS = 3000;
/** Rows that fit on the screen, and those that are mounted around them. */
const MOST_ROWS = 40;
/** Rows that are prepared before they are visible. */
const AHEAD = 40;

/** A thread whose messages are all invalid. */
const invalid = {
  format: "threadstore.thread",
  version: 1,
  kind: "chat",
  agent: "Assistant",
  messages: Array.from({ length: FINDINGS }, (_, index) => index),
};

await describeWithService("browser", "scrolling", ({ url: browserUrl }) => {
  let browser: Browser;
  let viewers: Viewers;

  beforeAll(async () => {
    viewers = await startViewers(async (store) => {
      await store.save("long", long(BYTES));
      await store.save("invalid", invalid);
      const many = store.namespace("many");
      for (let index = 0; index < THREADS; index += 1) await many.save(`thread-${index}`, { messages: [] });
    });
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
  });
  afterAll(async () => {
    await browser.close();
    await viewers.stop();
  });

  /** Scrolls by this many pixels in each of 60 frames. Returns the most mounted rows. */
  function scroll(page: Page, pixels: number): Promise<number> {
    return page.locator(".messages").evaluate(async (element, step) => {
      let most = 0;
      for (let frame = 0; frame < 60; frame += 1) {
        element.scrollTop += step;
        await new Promise(requestAnimationFrame);
        most = Math.max(most, document.querySelectorAll(".row").length);
      }
      return most;
    }, pixels);
  }

  const readTexts = (page: Page): Promise<number> =>
    page.evaluate(() => performance.getEntriesByName("read Markdown").length);

  /** Waits until the browser has no more texts to prepare. */
  async function idle(page: Page): Promise<number> {
    for (let before = -1, count = await readTexts(page); ; before = count, count = await readTexts(page)) {
      if (before === count) return count;
      await page.evaluate(() => new Promise<void>((resolve) => void setTimeout(resolve, 500)));
    }
  }

  it("reads each text once, those near the visible ones in advance, and mounts only the visible rows", async () => {
    const { page, open, problems, context } = await openTab(browser, viewers.readOnly);
    await open("?thread=long");
    await page.locator(".markdown").first().waitFor();
    const started = await idle(page);
    const mounted = await page.locator(".row").count();
    expect(started).toBeGreaterThan(mounted);
    expect(started).toBeLessThanOrEqual(mounted + AHEAD);
    const most = await scroll(page, 300);
    expect(most).toBeLessThan(MOST_ROWS);
    const seen = Number(await page.locator(".row").last().getAttribute("aria-posinset"));
    expect(await idle(page)).toBeLessThanOrEqual(seen + AHEAD);
    // On a busy machine, the browser skips frames on the way down, and shows some of their rows on the way up.
    await scroll(page, -300);
    expect(await idle(page)).toBeLessThanOrEqual(seen + AHEAD);
    expect(problems).toEqual([]);
    await context.close();
  });

  it("mounts only the visible rows of a list of any length", async () => {
    const { page, open, problems, context } = await openTab(browser, viewers.readOnly);
    await open("?namespace=many");
    await page.locator(".thread-row").first().waitFor();
    const scrolled = async (): Promise<number> => {
      const rows = await page.locator(".thread-list").evaluate(async (list) => {
        list.scrollTop = list.scrollHeight;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return document.querySelectorAll(".thread-row").length;
      });
      expect(rows).toBeLessThan(MOST_ROWS);
      return page.locator(`.thread-row[data-index="${THREADS - 1}"]`).count();
    };
    await expect.poll(scrolled).toBe(1);
    expect(problems).toEqual([]);
    await context.close();
  });

  it("shows the first of thousands of findings, and says how many more there are", async () => {
    const { page, open, problems, context } = await openTab(browser, viewers.readOnly);
    await open("?thread=invalid");
    await page.getByText("3,000 findings.").waitFor();
    await page.getByText("And 2,980 more findings here").waitFor();
    expect(await page.getByRole("note", { name: "Finding" }).count()).toBe(20);
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Preview a repair" }).click();
    await page.getByText("And 2,800 more changes.").waitFor();
    expect(problems).toEqual([]);
    await context.close();
  });
});
