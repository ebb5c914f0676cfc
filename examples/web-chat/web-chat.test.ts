import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";

/** A model that streams `re: …` in chunks, and pauses in the middle of an answer while it is held. */
class Model {
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as {
        messages: { content: string }[];
      };
      void this.#answer(response, messages.at(-1)?.content ?? "");
    });
  });
  #held = Promise.resolve();

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Pauses all answers until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(response: ServerResponse, question: string): Promise<void> {
    const send = (delta: object, finishReason: string | null): void => {
      const choices = [{ index: 0, delta, finish_reason: finishReason }];
      const chunk = { id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    response.writeHead(200, { "content-type": "text/event-stream" });
    send({ role: "assistant", content: "re: " }, null);
    await this.#held;
    send({ content: question }, null);
    send({}, "stop");
    response.end("data: [DONE]\n\n");
  }
}

await describeWithService("browser", "the web chat", ({ url: browserUrl }) => {
  let browser: Browser;
  let model: Model;
  let modelUrl: string;
  let folder: string;
  let server: ChildProcess | undefined;
  let port = "0";
  const pages: Page[] = [];

  beforeAll(async () => {
    // Vitest's own limits catch a hang.
    browser = await chromium.connectOverCDP(browserUrl, { timeout: 0 });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    model = new Model();
    modelUrl = await model.start();
    folder = await mkdtemp(join(tmpdir(), "threadstore-web-chat-"));
    port = "0";
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    await kill();
    await model.stop();
    await rm(folder, { recursive: true });
  });

  async function startChat(): Promise<string> {
    server = spawn(process.execPath, [join(import.meta.dirname, "server.ts")], {
      env: {
        ...process.env,
        OPENAI_BASE_URL: modelUrl,
        OPENAI_API_KEY: "local",
        DATABASE: join(folder, "chat.db"),
        PORT: port,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface(server.stdout as NodeJS.ReadableStream);
    const [address] = (await once(lines, "line")) as [string];
    port = new URL(address).port;
    return address;
  }

  async function kill(): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  }

  async function openTab(address: string): Promise<Page> {
    const context = await browser.newContext();
    context.setDefaultTimeout(0);
    const page = await context.newPage();
    pages.push(page);
    await page.goto(address);
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel("Message").fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  }

  const messagesOn = (page: Page) => page.locator("#messages li").allTextContents();
  const eventually = { interval: 50 };

  it("streams answers, and lists conversations from the store", async () => {
    const page = await openTab(await startChat());
    const release = model.hold();
    await say(page, "hello");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re: "]);
    release();
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re: hello"]);

    await page.getByRole("button", { name: "New conversation" }).click();
    await expect.poll(() => messagesOn(page), eventually).toEqual([]);
    await say(page, "something else");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["something else", "re: something else"]);
    const titles = () => page.locator("#conversations button").allTextContents();
    await expect
      .poll(async () => (await titles()).toSorted(), eventually)
      .toEqual(["hello", "something else"]);

    await page.locator("#conversations").getByRole("button", { name: "hello" }).click();
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re: hello"]);
    await page.reload();
    await expect.poll(() => messagesOn(page), eventually).toEqual(["hello", "re: hello"]);
  });

  it("continues after its server was killed in the middle of an answer", async () => {
    const page = await openTab(await startChat());
    await say(page, "one");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["one", "re: one"]);
    const release = model.hold();
    await say(page, "two");
    await expect.poll(() => messagesOn(page), eventually).toEqual(["one", "re: one", "two", "re: "]);
    await kill();
    await expect
      .poll(() => page.getByRole("alert").textContent(), eventually)
      .toContain("connection to the server was lost");
    release();
    await startChat();
    // The message sent before the crash was saved and is answered with the next turn.
    await expect.poll(() => messagesOn(page), eventually).toEqual(["one", "re: one", "two"]);
    await say(page, "three");
    await expect
      .poll(() => messagesOn(page), eventually)
      .toEqual(["one", "re: one", "two", "re: two", "three", "re: three"]);
  });

  it("loses nothing when two tabs post at once", async () => {
    const address = await startChat();
    const first = await openTab(address);
    await say(first, "zero");
    await expect.poll(() => messagesOn(first), eventually).toHaveLength(2);
    const second = await openTab(first.url());
    await expect.poll(() => messagesOn(second), eventually).toHaveLength(2);
    await Promise.all([say(first, "left"), say(second, "right")]);
    for (const page of [first, second]) {
      await expect.poll(() => messagesOn(page), eventually).toHaveLength(6);
      const texts = await messagesOn(page);
      const [left, right] = [texts.indexOf("left"), texts.indexOf("right")];
      expect([texts[left + 1], texts[right + 1]]).toEqual(["re: left", "re: right"]);
    }
    expect(await messagesOn(first)).toEqual(await messagesOn(second));
  });
});
