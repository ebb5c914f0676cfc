import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hostileThread, PAYLOADS } from "./hostile-threads.test-helper.ts";
import { openTab, startViewers, type Tab, type Viewers } from "./viewer.test-helper.ts";

await describeWithService("browser", "untrusted content", ({ url: browserUrl }) => {
  let browser: Browser;
  let viewers: Viewers;
  let tab: Tab;

  beforeAll(async () => {
    viewers = await startViewers(async (store) => {
      for (const [index, payload] of PAYLOADS.entries()) {
        const metadata = { title: payload, [`key${index}`]: payload };
        // Ids and namespaces cannot contain a null character.
        const name = payload.replaceAll("\u0000", "");
        await store.save(name, { messages: [{ role: payload, content: payload }] }, { metadata });
        await store.namespace(name).save(name, {});
      }
      await store.save("every-place", hostileThread());
    });
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
    tab = await openTab(browser, viewers.writable);
  });
  afterAll(async () => {
    await browser.close();
    await viewers.stop();
  });

  const ran = () => tab.page.evaluate(() => "ran" in window);

  /** Scrolls a virtual list to its end, so that each row is in the document once. */
  async function scrollThrough(
    selector: string,
    look: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    for (let isEnd = false; !isEnd;) {
      await look();
      isEnd = await tab.page.locator(selector).evaluate(async (element) => {
        const before = element.scrollTop;
        element.scrollTop += element.clientHeight * 0.8;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return element.scrollTop === before;
      });
    }
  }

  it.each(["conversation", "raw", "details", "growth", "versions"])(
    "never runs in the view %s",
    async (view) => {
      const { page, open, problems } = tab;
      await open(`?thread=every-place&view=${view}`);
      await page.locator(".view > *:not(.state)").first().waitFor();
      if (view === "conversation") {
        await page.locator(".markdown").first().waitFor();
        await page.getByRole("button", { name: "Reasoning" }).first().click();
      }
      let elements = 0;
      await scrollThrough(view === "conversation" ? ".messages" : ".thread-list", async () => {
        // None of these is part of the page, so one could only come from a thread.
        elements += await page
          .locator("iframe, object, embed, form, style, base, body script, video")
          .count();
      });
      expect(elements).toBe(0);
      await scrollThrough(".thread-list");
      expect(await ran()).toBe(false);
      expect(problems).toEqual([]);
    },
  );

  it.each(PAYLOADS.slice(0, 3))("is only text as the id, title and role: %s", async (payload) => {
    const { page, open, problems } = tab;
    await open(`?thread=${encodeURIComponent(payload)}&search=${encodeURIComponent(payload.slice(0, 6))}`);
    await page.locator(".markdown, .messages .state").first().waitFor();
    expect(await page.locator("h1 bdi").textContent()).toBe(payload);
    expect(await page.locator(".role").first().textContent()).toBe(payload);
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Erase" }).click();
    expect(await page.getByRole("alertdialog").locator("bdi").textContent()).toBe(payload);
    expect(await ran()).toBe(false);
    expect(problems).toEqual([]);
  });

  it("has no link to a script, to data, or to the viewer itself", async () => {
    const { page, open } = tab;
    await open("?thread=every-place");
    await page.locator(".markdown").first().waitFor();
    const targets = new Set<string>();
    await scrollThrough(".messages", async () => {
      const links = await page
        .locator(".markdown a, .attachment a")
        .evaluateAll((elements) => elements.map((element) => element.getAttribute("href") ?? ""));
      for (const link of links) targets.add(URL.parse(link)?.protocol ?? link);
    });
    expect([...targets]).toEqual(["https:"]);
  });

  it("would be noticed by this test, because the policy forbids what it could do", async () => {
    const { page, open, problems, context } = await openTab(browser, viewers.readOnly);
    await open("");
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = 1";
      const style = document.createElement("style");
      style.textContent = "body { color: red }";
      const image = document.createElement("img");
      image.src = "https://evil.example/pixel.png";
      document.body.append(script, style, image);
    });
    await expect
      .poll(() => problems.filter((problem) => problem.includes("Content Security Policy")).length)
      .toBe(3);
    expect(await page.evaluate(() => "ran" in window)).toBe(false);
    await context.close();
  });
});
