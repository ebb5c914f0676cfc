// Takes the pictures of the documentation from a real viewer: node packages/threadstore/page/src/draw-pictures.ts
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startBrowser } from "@threadstore/services";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { fillStore } from "./sample-store.test-helper.ts";
import { openTab, startViewers } from "./viewer.test-helper.ts";

const FOLDER = join(import.meta.dirname, "../../../../docs/pictures");
const QUALITY = 82;
const HOUR_MS = 3_600_000;

interface Picture {
  readonly name: string;
  readonly query: string;
  readonly options: BrowserContextOptions;
  readonly prepare?: (page: Page) => Promise<void>;
}

const WIDE = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 };

const PICTURES: readonly Picture[] = [
  {
    name: "viewer",
    query: "?namespace=acme%2Feurope&thread=order-4711",
    options: { ...WIDE, colorScheme: "light" },
    prepare: (page) => page.getByText("so a refund is possible").waitFor(),
  },
  {
    name: "viewer-findings",
    query: "?namespace=acme%2Feurope&thread=trip-rome",
    options: { ...WIDE, colorScheme: "dark" },
    prepare: async (page) => {
      await page.getByRole("button", { name: "Next finding" }).click();
      await page.getByText("1 of 1").waitFor();
    },
  },
  {
    name: "viewer-phone",
    query: "?namespace=acme%2Feurope&thread=invoice-2093",
    options: { viewport: { width: 390, height: 700 }, deviceScaleFactor: 2, colorScheme: "light" },
    prepare: (page) => page.getByText("Waits for approval").waitFor(),
  },
];

/** All threads were saved a moment ago. A list looks different after some days of work. */
async function spreadTimes(page: Page): Promise<void> {
  await page.route(/\/api\/threads\?/u, async (route) => {
    const response = await route.fetch();
    const { threads, ...rest } = (await response.json()) as { threads: object[] };
    const spread = threads.map((thread, index) => {
      const updatedAt = new Date(Date.now() - index ** 1.9 * HOUR_MS - 4 * 60_000).toISOString();
      return { ...thread, updatedAt };
    });
    await route.fulfill({ response, json: { threads: spread, ...rest } });
  });
}

async function take(browser: Browser, url: string, picture: Picture): Promise<void> {
  const { page, open, context } = await openTab(browser, url, picture.options);
  await spreadTimes(page);
  await open(picture.query);
  await page.locator(".markdown").first().waitFor();
  await picture.prepare?.(page);
  await page.evaluate(() => document.fonts.ready);
  const client = await context.newCDPSession(page);
  const { data } = await client.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  await writeFile(join(FOLDER, `${picture.name}.webp`), Buffer.from(data, "base64"));
  await context.close();
}

await mkdir(FOLDER, { recursive: true });
const viewers = await startViewers(fillStore);
const service = await startBrowser();
const browser = await chromium.connectOverCDP(service.endpoint.url);
for (const picture of PICTURES) await take(browser, viewers.readOnly, picture);
await browser.close();
await service.stop();
await viewers.stop();
