import { createReadStream } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { messagesOf, openLayers, type StoredForm, type useLayers } from "./browser-program.ts";

const PROGRAM = "/tooling/test-layers/dist/browser-program.js";
const ROOT = join(import.meta.dirname, "../../..");

/** The modules that a bundle for browsers would contain. */
const IMPORTS = {
  "#codec": "/packages/compression/dist/codec/web.js",
  "#crypto": "/packages/encryption/dist/crypto/web.js",
  "#platform": "/packages/core/dist/platform/web.js",
  "@threadstore/compression": "/packages/compression/dist/index.js",
  "@threadstore/core": "/packages/core/dist/index.js",
  "@threadstore/core/decorator": "/packages/core/dist/decorator.js",
  "@threadstore/core/documents": "/packages/core/dist/documents.js",
  "@threadstore/core/driver": "/packages/core/dist/driver.js",
  "@threadstore/encryption": "/packages/encryption/dist/index.js",
  "@threadstore/history": "/packages/history/dist/index.js",
  fzstd: "/packages/compression/node_modules/fzstd/esm/index.mjs",
};

const PAGE = `<!doctype html><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

/** Serves the built packages, and an empty page that can import them. */
function servePackages(): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/") {
      response.setHeader("content-type", "text/html");
      response.end(PAGE);
      return;
    }
    response.setHeader("content-type", extname(pathname).endsWith("js") ? "text/javascript" : "text/plain");
    createReadStream(join(ROOT, pathname))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
}

async function storedForm(inner: ThreadStore): Promise<StoredForm> {
  const stored = await inner.load("a");
  if (stored === undefined) throw new Error("The thread exists.");
  return { json: stored.json, metadata: stored.metadata };
}

await describeWithService("browser", "history, compression and encryption", ({ url }) => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    server = servePackages();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await chromium.connectOverCDP(url, { timeout: BROWSER_TIMEOUT_MS });
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  it("works in a browser, reads what Node.js has stored, and stores what Node.js reads", async () => {
    const inner = memoryStore();
    const store = openLayers(inner);
    for (let count = 1; count <= 3; count += 1) {
      await store.save("a", messagesOf(count), { previous: await store.load("a") });
    }
    const page = await browser.newPage();
    page.setDefaultTimeout(BROWSER_TIMEOUT_MS);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const form = JSON.stringify(await storedForm(inner));
    // As text, because vitest replaces `import` in functions.
    const { texts, stored } = await page.evaluate<Awaited<ReturnType<typeof useLayers>>>(
      `import(${JSON.stringify(PROGRAM)}).then(({ useLayers }) => useLayers(${form}))`,
    );
    const expected = [4, 3, 2, 1].map((count) => JSON.stringify(messagesOf(count)));
    expect(texts).toEqual(expected);
    await page.close();

    const written = memoryStore();
    await written.save("a", stored.json, { metadata: stored.metadata });
    const reader = openLayers(written);
    const loaded = await reader.load("a");
    expect(loaded?.json).toBe(expected[0]);
    expect(stored.json).not.toContain("message");
    const versions = await reader.versions("a");
    expect(versions).toHaveLength(4);
    const oldest = await reader.loadVersion("a", versions.at(-1)?.version ?? "");
    expect(oldest?.json).toBe(expected[3]);
  });
});
