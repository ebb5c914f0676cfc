import { execFile } from "node:child_process";
import { createReadStream, existsSync, globSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

const DIST = join(import.meta.dirname, "../dist");
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Serves the built site as a static host with clean URLs does. */
function serveSite(): Server {
  return createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = [path, `${path}.html`, join(path, "index.html")]
      .map((name) => join(DIST, name))
      .find((name) => extname(name) !== "" && existsSync(name));
    response.setHeader("content-type", TYPES[extname(file ?? ".html")] ?? "application/octet-stream");
    if (file === undefined) response.statusCode = 404;
    createReadStream(file ?? join(DIST, "404.html")).pipe(response);
  });
}

await describeWithService("browser", "the site", ({ url: browserUrl }) => {
  let browser: Browser;
  let context: BrowserContext;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, "build.ts")]);
    server = serveSite();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
    context = await browser.newContext();
    context.setDefaultTimeout(BROWSER_TIMEOUT_MS);
  });
  afterAll(async () => {
    await context.close();
    await browser.close();
    server.close();
  });

  /** Opens a page, and returns it with the problems that it reports in the console. */
  async function open(path: string, width = 1440): Promise<{ page: Page; problems: string[] }> {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${address}${path}`);
    await page.locator("#app").waitFor();
    return { page, problems };
  }

  it("finds a page by search", async () => {
    const { page, problems } = await open("/");
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.getByRole("searchbox").fill("erase a tenant");
    await page.locator("#localsearch-list a", { hasText: "Retention and erasure" }).first().click();
    await page.waitForURL(/\/retention/u);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("toggles dark mode", async () => {
    const { page, problems } = await open("/errors");
    const isDark = () => page.evaluate(() => document.documentElement.classList.contains("dark"));
    const before = await isDark();
    await page.getByRole("switch").first().click();
    expect(await isDark()).toBe(!before);
    await page.reload();
    expect(await isDark()).toBe(!before);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("does not scroll sideways on a phone, on any page", async () => {
    const { page, problems } = await open("/", 375);
    const files = globSync("**/*.html", { cwd: DIST }).filter((file) => !/^(?:404|api\/.*\/)/u.test(file));
    const wide: string[] = [];
    for (const file of files) {
      await page.goto(`${address}/${file.replace(/(?:index)?\.html$/u, "")}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 375) wide.push(`${file}: ${width}`);
    }
    expect(files.length).toBeGreaterThan(60);
    expect(wide).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("has the API reference", async () => {
    const { page, problems } = await open("/api/");
    await page.getByRole("link", { name: "core", exact: false }).first().click();
    await page.getByText("memoryStore").first().waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });
});
