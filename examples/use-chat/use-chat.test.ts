import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { memoryStore } from "@threadstore/core";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { APICallError, type LanguageModel, type ModelMessage, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { createApp } from "./app.ts";

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** A reasoning model that answers `re: …`, pauses in the middle while it is held, and refunds orders. */
class Model {
  readonly prompts: string[][] = [];
  #held = Promise.resolve();
  readonly languageModel: LanguageModel = new MockLanguageModelV4({
    doStream: ({ prompt, abortSignal }) => {
      const texts = (prompt as ModelMessage[]).map(textOf);
      this.prompts.push(texts);
      if (texts.at(-1)?.startsWith("reject") === true) return Promise.reject(rejection());
      return Promise.resolve({ stream: this.#answer(texts.at(-1) ?? "", abortSignal) });
    },
  });

  /** Pauses all answers until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  reset(): void {
    this.prompts.length = 0;
    this.#held = Promise.resolve();
  }

  #answer(question: string, signal: AbortSignal | undefined): ReadableStream {
    const held = this.#held;
    const isCall = question.startsWith("refund");
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => undefined);
    signal?.addEventListener("abort", () => reject(signal.reason));
    async function* chunks(): AsyncGenerator<object> {
      yield { type: "stream-start", warnings: [] };
      yield { type: "reasoning-start", id: "r" };
      yield { type: "reasoning-delta", id: "r", delta: "Let me think." };
      if (question.startsWith("think")) await Promise.race([held, aborted]);
      yield { type: "reasoning-end", id: "r" };
      if (isCall) {
        yield { type: "tool-call", toolCallId: "c1", toolName: "refund", input: '{"order":7}' };
      } else {
        yield { type: "text-start", id: "t" };
        yield { type: "text-delta", id: "t", delta: "re: " };
        await Promise.race([held, aborted]);
        yield { type: "text-delta", id: "t", delta: question };
        yield { type: "text-end", id: "t" };
      }
      const reason = isCall ? "tool-calls" : "stop";
      yield { type: "finish", finishReason: { unified: reason, raw: reason }, usage };
    }
    return ReadableStream.from(chunks());
  }
}

function rejection(): Error {
  return new APICallError({
    message: "Unsupported content.",
    url: "https://model.test",
    requestBodyValues: {},
    statusCode: 400,
  });
}

function textOf({ content }: ModelMessage): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : part.type)).join(" ");
}

await describeWithService("browser", "a page with useChat", ({ url: browserUrl }) => {
  let browser: Browser;
  let context: BrowserContext;
  const model = new Model();
  let server: ServerType;
  let address: string;
  let refunds = 0;

  beforeAll(async () => {
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
    context = await browser.newContext();
    context.setDefaultTimeout(BROWSER_TIMEOUT_MS);
    const refund = tool({
      inputSchema: z.object({ order: z.number() }),
      execute: () => `refund ${(refunds += 1)}`,
    });
    const app = await createApp({ store: memoryStore(), model: model.languageModel, tools: { refund } });
    server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    await once(server, "listening");
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await context.close();
    await browser.close();
    server.close();
  });
  beforeEach(() => {
    model.reset();
    refunds = 0;
  });
  afterEach(async () => {
    for (const page of context.pages()) await page.close();
  });

  async function openTab(url = address): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel("Message").waitFor();
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel("Message").fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  }

  const click = (page: Page, name: string): Promise<void> =>
    page.getByRole("button", { name }).first().click();
  const textsOn = (page: Page): Promise<string[]> => page.locator("#messages li .text").allTextContents();
  async function expectTexts(page: Page, texts: string[]): Promise<void> {
    await expect.poll(() => textsOn(page), { interval: 50 }).toEqual(texts);
    // The answer has ended.
    if (texts.at(-1) !== "re: ") await page.getByRole("button", { name: "Send" }).waitFor();
  }

  it("streams answers, generates one again, and replaces an earlier question", async () => {
    const page = await openTab();
    const release = model.hold();
    await say(page, "one");
    await expectTexts(page, ["one", "re: "]);
    release();
    await expectTexts(page, ["one", "re: one"]);
    await say(page, "two");
    await expectTexts(page, ["one", "re: one", "two", "re: two"]);
    await click(page, "Regenerate");
    await expect.poll(() => model.prompts.length).toBe(3);
    await expectTexts(page, ["one", "re: one", "two", "re: two"]);
    expect(model.prompts.at(-1)).toEqual(model.prompts.at(-2));
    await click(page, "Edit");
    await say(page, "other");
    await expectTexts(page, ["other", "re: other"]);
    expect(model.prompts.at(-1)).toEqual(["other"]);
    await page.reload();
    await expectTexts(page, ["other", "re: other"]);
  });

  it.each([
    ["stopped in mid-answer", "one", ["one", "re: "]],
    ["stopped while it reasons", "think", ["think"]],
  ])("goes on after an answer was %s", async (_, question, texts) => {
    const page = await openTab();
    model.hold();
    await say(page, question);
    await expect.poll(() => textsOn(page)).toEqual(texts);
    await page.locator("details").waitFor();
    await click(page, "Stop");
    await page.getByRole("button", { name: "Send" }).waitFor();
    model.hold()();
    await say(page, "two");
    await expectTexts(page, [...texts, "two", "re: two"]);
    await page.reload();
    await expectTexts(page, [...texts, "two", "re: two"]);
  });

  it("goes on after the page was reloaded in mid-answer", async () => {
    const page = await openTab();
    model.hold();
    await say(page, "one");
    await expectTexts(page, ["one", "re: "]);
    await page.reload();
    await page.getByLabel("Message").waitFor();
    model.hold()();
    await say(page, "two");
    await expect.poll(async () => (await textsOn(page)).slice(-2)).toEqual(["two", "re: two"]);
    await page.reload();
    await expectTexts(page, ["one", "re: ", "two", "re: two"]);
  });

  it("shows a question that the model rejects, and sends the next one without it", async () => {
    const page = await openTab();
    await say(page, "reject this");
    const note = page.getByText("The model did not accept this message.");
    await note.waitFor();
    await say(page, "two");
    await expectTexts(page, ["reject this", "two", "re: two"]);
    expect(model.prompts.at(-1)).toEqual(["two"]);
    await page.reload();
    await note.waitFor();
    expect(await note.count()).toBe(1);
  });

  it("opens on a page without TLS, where `crypto.randomUUID` does not exist", async () => {
    const page = await context.newPage();
    await page.addInitScript("delete Crypto.prototype.randomUUID");
    await page.goto(address);
    await page.getByLabel("Message").waitFor();
    expect(await page.evaluate("crypto.randomUUID")).toBeUndefined();
    expect(new URL(page.url()).hash).toMatch(/^#\w{16}$/u);
  });

  it("lets two tabs take turns", async () => {
    const first = await openTab();
    const second = await openTab(first.url());
    const release = model.hold();
    await Promise.all([say(first, "left"), say(second, "right")]);
    for (const page of [first, second]) await page.getByRole("button", { name: "Stop" }).waitFor();
    await expect.poll(() => model.prompts.length).toBe(1);
    release();
    await expect.poll(async () => (await textsOn(first)).slice(-1)).toEqual(["re: left"]);
    await expect.poll(async () => (await textsOn(second)).slice(-1)).toEqual(["re: right"]);
    await Promise.all([first.reload(), second.reload()]);
    const isLeftFirst = model.prompts[0]?.[0] === "left";
    const [one, two] = isLeftFirst ? ["left", "right"] : ["right", "left"];
    for (const page of [first, second]) await expectTexts(page, [one, `re: ${one}`, two, `re: ${two}`]);
    expect(model.prompts.at(-1)).toHaveLength(3);
  });

  it("runs an approved tool once, after a double click and a click in another tab", async () => {
    const first = await openTab();
    await say(first, "refund order 7");
    const approve = (page: Page) => page.getByRole("button", { name: "Approve" });
    await approve(first).waitFor();
    const second = await openTab(first.url());
    await approve(second).waitFor();
    const stale = await openTab(first.url());
    await approve(stale).waitFor();
    await Promise.all([approve(first).dblclick({ force: true, noWaitAfter: true }), approve(second).click()]);
    const outcomes = (page: Page) => page.locator(".outcome").allTextContents();
    for (const page of [first, second]) {
      await expect.poll(() => outcomes(page)).toEqual(['Result: "refund 1"']);
    }
    await first.reload();
    await say(first, "thanks");
    await expect.poll(async () => (await textsOn(first)).at(-1)).toBe("re: thanks");
    await approve(stale).click();
    await stale.getByRole("alert").waitFor();
    await expect.poll(() => outcomes(stale)).toEqual(['Result: "refund 1"']);
    expect(refunds).toBe(1);
  });
});
