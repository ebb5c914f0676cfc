import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillStore } from "./sample-store.test-helper.ts";
import { long } from "./sample-threads.test-helper.ts";
import { openTab, startViewers, type Viewers } from "./viewer.test-helper.ts";

const THREADS = 10_000;
const BYTES = 5_000_000;
/** More elements would mean that rows which are not visible are in the document. */
const MOST_ELEMENTS = 1500;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["conversation", "raw", "versions", "growth", "details"] as const;
const SIZES = [
  [390, 844],
  [820, 1180],
  [1440, 900],
] as const;

await describeWithService("browser", "the page", ({ url: browserUrl }) => {
  let browser: Browser;
  let viewers: Viewers;

  beforeAll(async () => {
    viewers = await startViewers(async (store) => {
      await fillStore(store);
      await store.namespace("large").save("large", long(BYTES));
      const many = store.namespace("many");
      const saves = Array.from({ length: THREADS }, (_, index) => index);
      for (let start = 0; start < THREADS; start += 100) {
        await Promise.all(
          saves
            .slice(start, start + 100)
            .map((index) =>
              many.save(
                `thread-${String(index).padStart(5, "0")}`,
                { messages: [] },
                { metadata: { title: `Thread ${index}` } },
              ),
            ),
        );
      }
    });
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
  });
  afterAll(async () => {
    await browser.close();
    await viewers.stop();
  });

  /** Scrolls for this many frames. Returns the longest and the median time of a frame, and the most elements. */
  function scroll(page: Page, selector: string, frames: number, step: number) {
    return page.locator(selector).evaluate(
      async (element, [count, pixels]) => {
        const times: number[] = [];
        let elements = 0;
        let last = performance.now();
        for (let frame = 0; frame < (count ?? 0); frame += 1) {
          element.scrollTop += pixels ?? 0;
          await new Promise(requestAnimationFrame);
          const now = performance.now();
          times.push(now - last);
          last = now;
          elements = Math.max(elements, document.querySelectorAll("*").length);
        }
        times.sort((a, b) => a - b);
        return { median: times[times.length >> 1], longest: times.at(-1), elements, top: element.scrollTop };
      },
      [frames, step],
    );
  }

  /** Measures the time of the CPU that a page uses, in milliseconds, without that of other processes. */
  async function meterCpu(page: Page): Promise<() => Promise<number>> {
    const client = await page.context().newCDPSession(page);
    await client.send("Performance.enable", { timeDomain: "threadTicks" });
    return async () => {
      const { metrics } = await client.send("Performance.getMetrics");
      return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
    };
  }

  it(`scrolls through ${THREADS} threads`, async () => {
    const { page, open, problems, context } = await openTab(browser, viewers.readOnly);
    await open("?namespace=many");
    await page.locator(".thread-row").first().waitFor();
    let loaded = 0;
    let most = 0;
    while (loaded < THREADS) {
      const { elements, ...frames } = await scroll(page, ".thread-list", 30, 600);
      most = Math.max(most, elements);
      const height = await page.locator(".thread-list .virtual").evaluate((list) => list.clientHeight);
      loaded = Math.round(height / 58);
      if (loaded % 2000 === 0) process.stdout.write(`${loaded} threads: ${JSON.stringify(frames)}\n`);
    }
    await page.keyboard.press("j");
    expect(loaded).toBe(THREADS);
    expect(most).toBeLessThan(MOST_ELEMENTS);
    expect(problems).toEqual([]);
    await context.close();
  });

  it.each(["conversation", "raw"] as const)("scrolls through 5 MB in the view %s", async (view) => {
    const { page, open, problems, context } = await openTab(browser, viewers.readOnly);
    const started = performance.now();
    await open(`?namespace=large&thread=large&view=${view}`);
    const selector = view === "raw" ? ".text-lines" : ".messages";
    await page.locator(`${selector} .virtual > *`).first().waitFor();
    const shown = Math.round(performance.now() - started);
    const cpuTime = await meterCpu(page);
    const before = await cpuTime();
    const result = await scroll(page, selector, 120, 100);
    const cpu = ((await cpuTime()) - before) / 120;
    const times = `${cpu.toFixed(1)} ms of the CPU per frame, ${JSON.stringify(result)}`;
    process.stdout.write(`5 MB as ${view}: shown after ${shown} ms, ${times}\n`);
    expect(result.elements).toBeLessThan(MOST_ELEMENTS);
    await page.locator(selector).evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    const last = page.locator(`${selector} .virtual > *`).last();
    await expect.poll(() => last.textContent()).toMatch(view === "raw" ? /^\d+\}$/u : /const turn = \d+;/u);
    expect(problems).toEqual([]);
    await context.close();
  });

  describe.each(["light", "dark"] as const)("in %s mode", (colorScheme) => {
    it.each(SIZES)("fits %i pixels, and is accessible", async (width, height) => {
      const options = { viewport: { width, height }, colorScheme, reducedMotion: "reduce" } as const;
      const { page, open, problems, context } = await openTab(browser, viewers.writable, options);
      const targets = ["trip-rome", "invoice-2093", "order-4711"].flatMap((thread) =>
        VIEWS.map((view) => `&thread=${thread}&view=${view}`),
      );
      for (const target of ["", ...targets]) {
        await open(`?namespace=acme%2Feurope${target}`);
        await page
          .locator(target === "" ? ".thread-row" : ".view > *:not([role=status])")
          .first()
          .waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth), target).toBe(width);
        expect(await violations(page), target).toEqual([]);
      }
      await page.getByRole("button", { name: "Actions" }).click();
      await page.getByRole("menuitem", { name: "Erase" }).click();
      await page.getByRole("alertdialog").waitFor();
      expect(await violations(page)).toEqual([]);
      expect(problems).toEqual([]);
      await context.close();
    });
  });

  /** The rules of accessibility that the page breaks, with the elements that break them. */
  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(AXE);
    return page.evaluate(async () => {
      const { axe } = window as unknown as { axe: typeof import("axe-core") };
      const results = await axe.run(document, { resultTypes: ["violations"] });
      return results.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`),
      );
    });
  }
});
