import { memoryStore } from "@threadstore/core";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { createResponsesAgent, openConversation } from "../index.ts";
import type { Message, Rejection } from "../strict-server/request.test-helper.ts";
import { createResponsesService, text } from "../strict-server/responses-service.test-helper.ts";

// A service can process a request although its response never arrives. Its conversation then contains a turn that the
// thread does not, and the service does not reject anything: the model would answer from that turn.

type Loss = (processed: Response, stop: AbortController) => Promise<Response> | Response;

const status = (code: number): Response => Response.json({ error: { message: "down" } }, { status: code });

const failWith = (error: Error) => (): never => {
  throw error;
};

const UNKNOWN: readonly (readonly [string, Loss])[] = [
  ["the connection fails", failWith(new TypeError("fetch failed"))],
  ["the connection is reset", failWith(Object.assign(new Error("reset"), { code: "ECONNRESET" }))],
  ["the client waits too long", failWith(new DOMException("The operation timed out.", "TimeoutError"))],
  ["the service responds with 500", () => status(500)],
  ["a gateway responds with 502", () => new Response("<html>Bad gateway</html>", { status: 502 })],
  ["a gateway responds with 504", () => status(504)],
  ["the service responds with 408", () => status(408)],
  ["the service responds with 409", () => status(409)],
  ["the body is cut", async (processed) => new Response((await processed.text()).slice(0, 20), processed)],
  ["the body is not JSON", () => new Response("<html>Sign in</html>")],
  [
    "the body fails",
    () =>
      new Response(
        new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) }),
        { headers: { "content-type": "application/json" } },
      ),
  ],
  [
    "the response says that the model failed",
    () => Response.json({ id: "r", output: [], status: "failed", error: { code: "server_error" } }),
  ],
  [
    "the caller stops the run",
    (_processed, stop) => {
      stop.abort(new Error("stop"));
      return new Promise(() => {});
    },
  ],
];

const REJECTED: readonly (readonly [string, Rejection])[] = [
  ["it responds with 400", rejection(400)],
  ["it responds with 401", rejection(401)],
  ["it responds with 422", rejection(422)],
  ["it responds with 429", rejection(429)],
  ["another request locks its conversation", rejection(409, "conversation_locked")],
];

const soon = { "retry-after-ms": "1" };
const BUSY: Loss = () => Response.json({ error: { message: "slow down" } }, { status: 429, headers: soon });
/** Losses of requests that the service did not process. */
const NOT_PROCESSED: ReadonlySet<Loss> = new Set([BUSY]);

function rejection(code: number, reason: string | null = null): Rejection {
  return { status: code, error: { message: "no", type: "", param: null, code: reason } };
}

function prepare(loss: Loss, maxRetries = 0) {
  const service = createResponsesService([text("answer 1", 1)]);
  const stop = new AbortController();
  const { client } = service;
  let next: Loss | undefined;
  const fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const lose = next;
    const isRequest = String(url).endsWith("/responses");
    if (isRequest) next = undefined;
    if (isRequest && lose !== undefined && NOT_PROCESSED.has(lose)) return lose(status(500), stop);
    const response = await Reflect.get(client, "fetch").call(undefined, url, init);
    return isRequest && lose !== undefined ? lose(response, stop) : response;
  };
  const lossy = new OpenAI({
    baseURL: "http://service.test/v1",
    apiKey: "k",
    maxRetries,
    logLevel: "off",
    fetch,
  });
  const agent = createResponsesAgent({ client: lossy, model: "m", storage: "conversation" });
  return { service, agent, stop, lose: () => void (next = loss) };
}

const contentOf = (request: Message | undefined): unknown[] =>
  ((request?.["input"] ?? []) as Message[]).map(({ role, content }) => (role === "user" ? content : role));

/** `npm test` tries one loss of each kind where the turn is saved in another way. */
const tried = ({ journal }: { readonly journal?: boolean }): typeof UNKNOWN =>
  journal === false || process.env["THREADSTORE_CONFORMANCE_EFFORT"] !== "quick"
    ? UNKNOWN
    : UNKNOWN.filter(([how]) => /connection fails|502|stops/u.test(how));

describe.each<{ journal?: boolean; onStop?: "keep" }>([
  { journal: false },
  { journal: true },
  { onStop: "keep" },
])("with %o, a conversation of the service", (options) => {
  describe.each([false, true])("streamed: %s", (isStreamed) => {
    test.each(tried(options))("is replaced if %s", async (_how, loss) => {
      const { service, agent, stop, lose } = prepare(loss);
      const store = memoryStore();
      const open = () => openConversation({ agent, store, id: "c", ...options });
      await open().run("one");
      lose();
      const call = { signal: stop.signal };
      await expect(
        isStreamed ? open().runStream("two", call).result : open().run("two", call),
      ).rejects.toMatchObject({ message: expect.any(String) });
      const next = await open().run("three", { openTurn: "close" });
      expect(next.text).toBe("ok");
      // The thread's messages, and nothing of the service's copy.
      expect(service.requests.at(-1)?.["conversation"]).not.toBe(service.requests[0]?.["conversation"]);
      expect(contentOf(service.requests.at(-1)).slice(0, 2)).toEqual(["one", "assistant"]);
      expect(contentOf(service.requests.at(-1)).at(-1)).toBe("three");
      const { length } = service.requests;
      await open().run("four");
      expect(service.requests.slice(length).map(contentOf)).toEqual([["four"]]);
    });
  });
});

describe.each([false, true])("a conversation of the service (streamed: %s)", (isStreamed) => {
  test.each(UNKNOWN)("is replaced in a thread without a store if %s", async (_how, loss) => {
    const { service, agent, stop, lose } = prepare(loss);
    const { thread } = await agent.run("one");
    lose();
    const { signal } = stop;
    await expect(
      isStreamed ? agent.runStream("two", thread, { signal }).result : agent.run("two", thread, { signal }),
    ).rejects.toMatchObject({ message: expect.any(String) });
    await agent.run("three", thread);
    expect(contentOf(service.requests.at(-1))).toEqual(["one", "assistant", "three"]);
  });

  test.each(REJECTED)("is kept if %s", async (_how, rejected) => {
    const { service, agent } = prepare(() => status(500));
    const { thread } = await agent.run("one");
    service.rules.push({ source: "", check: () => rejected });
    await expect(
      isStreamed ? agent.runStream("two", thread).result : agent.run("two", thread),
    ).rejects.toMatchObject({ message: expect.any(String) });
    service.rules.length = 0;
    await agent.run("three", thread);
    expect(contentOf(service.requests.at(-1))).toEqual(["three"]);
  });

  test("is kept if the run is stopped before it sends a request", async () => {
    const { service, agent } = prepare(() => status(500));
    const { thread } = await agent.run("one");
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(
      isStreamed ? agent.runStream("two", thread, { signal }).result : agent.run("two", thread, { signal }),
    ).rejects.toThrow("stop");
    await agent.run("three", thread);
    expect(contentOf(service.requests.at(-1))).toEqual(["three"]);
  });
});

describe.each([false, true])("a request that the client's retries repeat (streamed: %s)", (isStreamed) => {
  const repeated: readonly (readonly [string, Loss, boolean])[] = [
    ["the service responds with 500", () => Response.json({}, { status: 500, headers: soon }), true],
    [
      "a gateway responds with 504 and a delay in seconds",
      () => new Response("", { status: 504, headers: { "retry-after": "0" } }),
      true,
    ],
    ["the connection is reset", failWith(Object.assign(new Error("reset"), { code: "ECONNRESET" })), true],
    ["the service is busy", BUSY, false],
  ];

  test.each(repeated)(
    "is not in a conversation of the service twice if %s",
    async (_how, loss, isReplaced) => {
      const { service, agent, lose } = prepare(loss, 2);
      const { thread } = await agent.run("one");
      const first = service.requests.at(-1)?.["conversation"];
      lose();
      const events: string[] = [];
      if (isStreamed) for await (const { type } of agent.runStream("two", thread)) events.push(type);
      else await agent.run("two", thread);
      const { conversation } = service.requests.at(-1) ?? {};
      expect(conversation === first).toBe(!isReplaced);
      expect(events.includes("restarted")).toBe(isReplaced && isStreamed);
      expect(service.stored.get(String(conversation))).toHaveLength(4);
      const { length } = service.requests;
      await agent.run("three", thread);
      expect(service.requests.slice(length).map(contentOf)).toEqual([["three"]]);
    },
  );

  test.each<[string, Loss, number]>([
    [
      "is not repeated if the service says so",
      () => Response.json({}, { status: 500, headers: { ...soon, "x-should-retry": "false" } }),
      5,
    ],
    [
      "is not repeated if the client does not retry",
      () => Response.json({}, { status: 500, headers: soon }),
      0,
    ],
    ["is not repeated if the body is not JSON", () => new Response("<html>Sign in</html>"), 2],
  ])("%s", async (_how, loss, maxRetries) => {
    const { service, agent, lose } = prepare(loss, maxRetries);
    const { thread } = await agent.run("one");
    lose();
    const running = isStreamed ? agent.runStream("two", thread).result : agent.run("two", thread);
    await expect(running).rejects.toMatchObject({ code: expect.any(String) });
    expect(service.requests).toHaveLength(2);
  });

  test("stops waiting if the caller stops the run", async () => {
    const late = (): Response => Response.json({}, { status: 503, headers: { "retry-after": "50" } });
    const { agent, lose, stop } = prepare(late, 2);
    const { thread } = await agent.run("one");
    lose();
    const { signal } = stop;
    const running = isStreamed
      ? agent.runStream("two", thread, { signal }).result
      : agent.run("two", thread, { signal });
    setTimeout(() => stop.abort("stop"), 20);
    await expect(running).rejects.toBe("stop");
  });
});

test("the first request of a conversation of the service is repeated in another one", async () => {
  const { service, agent, lose } = prepare(() => Response.json({}, { status: 500, headers: soon }), 2);
  lose();
  const { thread } = await agent.run("one");
  const [lost, repeated] = service.requests.map(({ conversation }) => conversation);
  expect(repeated).not.toBe(lost);
  expect(thread.toJSON()["service"]).toEqual({ conversation: repeated });
  expect(service.stored.get(String(repeated))).toHaveLength(2);
});
