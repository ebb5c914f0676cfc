import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AgentError, createChatAgent, defineTool, type ChatEvent } from "../index.ts";
import {
  calling,
  clientOf,
  completion,
  deltaEvent,
  deltas,
  startMock,
  startWireServer,
} from "../model-server.test-helper.ts";

describe("runStream", () => {
  test("emits the text in pieces, then the message, and adds both messages to the thread", async () => {
    const mock = await startMock();
    mock.onMessage("joke", {
      content: "Lost at C. 🏴‍☠️🦜",
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    });
    const agent = createChatAgent({ client: clientOf(mock), model: "m" });
    const thread = agent.getNewThread();
    const stream = agent.runStream("joke", thread);
    const pieces: string[] = [];
    const others: ChatEvent[] = [];
    for await (const event of stream) {
      if (event.type === "text") pieces.push(event.delta);
      else others.push(event);
    }
    const result = await stream.result;
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join("")).toBe("Lost at C. 🏴‍☠️🦜");
    // The server sends four UTF-16 code units at a time, which splits a character. The events never do.
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
    expect(others).toEqual([{ type: "message", message: result.messages[1] }]);
    expect(result).toMatchObject({
      text: "Lost at C. 🏴‍☠️🦜",
      finishReason: "stop",
      usage: { total_tokens: 7 },
      thread,
    });
    expect(thread.messages).toEqual(result.messages);
    expect(mock.getLastRequest()?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("resolves with the result if the events are not consumed", async () => {
    const mock = await startMock();
    mock.onMessage("joke", { content: "Lost at C." });
    const agent = createChatAgent({ client: clientOf(mock), model: "m" });
    expect((await agent.runStream("joke").result).text).toBe("Lost at C.");
  });

  test("assembles the message from the pieces", async () => {
    const server = await startWireServer(
      deltas(
        { role: "assistant", content: null, reasoning_content: "I mu" },
        { reasoning_content: "st think", details: [{ text: "a" }] },
        { reasoning_content: null, content: "Hel", details: [{ text: "b" }] },
        { content: "lo", score: 1 },
        { content: " \ud83c", score: 2 },
      ),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const stream = agent.runStream("Hi");
    const { messages, usage, text } = await stream.result;
    let pieces = "";
    for await (const event of stream) if (event.type === "text") pieces += event.delta;
    expect(pieces).toBe(text);
    expect(usage).toBeUndefined();
    expect(messages[1]).toEqual({
      role: "assistant",
      content: "Hello \ufffd",
      refusal: null,
      reasoning_content: "I must think",
      details: [{ text: "a" }, { text: "b" }],
      score: 2,
    });
  });

  test("assembles tool calls, including unknown members", async () => {
    const now = defineTool({ name: "now", run: ({ zone }) => `noon in ${JSON.stringify(zone)}` });
    const extra = { google: { thought_signature: "c2ln" } };
    const server = await startWireServer(
      deltas(
        {
          role: "assistant",
          tool_calls: [
            {
              index: 0,
              id: "1",
              type: "function",
              function: { name: "now", arguments: "" },
              extra_content: extra,
            },
          ],
        },
        { tool_calls: [{ index: 0, function: { arguments: '{"zone":' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '"UTC"}' } }] },
      ),
      deltas({ role: "assistant", content: "Noon." }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [now] });
    const { messages } = await agent.runStream("When?").result;
    expect(messages.slice(1, 3)).toEqual([
      {
        role: "assistant",
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: "1",
            type: "function",
            function: { name: "now", arguments: '{"zone":"UTC"}' },
            extra_content: extra,
          },
        ],
      },
      { role: "tool", tool_call_id: "1", content: 'noon in "UTC"' },
    ]);
  });

  test("emits a refusal in pieces, and the result contains all of it", async () => {
    const server = await startWireServer(
      deltas({ role: "assistant", refusal: "I can" }, { refusal: "not." }),
    );
    const stream = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Do it");
    const events: ChatEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.slice(0, 2)).toEqual([
      { type: "refusal", delta: "I can" },
      { type: "refusal", delta: "not." },
    ]);
    expect(await stream.result).toMatchObject({ text: "", refusal: "I cannot." });
  });

  test("sends the caller's stream_options, and none for null", async () => {
    const answer = deltas({ role: "assistant", content: "ok" });
    const server = await startWireServer(answer, answer);
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const parameters = { stream_options: { include_obfuscation: false } };
    await agent.runStream("a", undefined, { parameters }).result;
    await agent.runStream("b", undefined, { parameters: { stream_options: null } }).result;
    expect(server.bodies.map((body) => body["stream_options"])).toEqual([
      { include_usage: true, include_obfuscation: false },
      undefined,
    ]);
  });

  test("keeps events for a slow consumer", async () => {
    const pieces = Array.from({ length: 6000 }, (_, index) => ({ content: `${index} ` }));
    const server = await startWireServer(deltas({ role: "assistant", content: "" }, ...pieces));
    const stream = createChatAgent({ client: clientOf(server), model: "m" }).runStream("count");
    const { text } = await stream.result;
    let seen = "";
    for await (const event of stream) if (event.type === "text") seen += event.delta;
    expect(seen).toBe(pieces.map(({ content }) => content).join(""));
    expect(text).toBe(seen);
  });
});

describe("a stream that ends early", () => {
  test("closes its request if the loop is left, and the thread is unchanged and can be run", async () => {
    const closed = Promise.withResolvers<void>();
    const server = await startWireServer(
      (response) => {
        response.on("close", () => closed.resolve());
        begin(response);
      },
      completion({ role: "assistant", content: "two" }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    const stream = agent.runStream("1", thread);
    for await (const event of stream) {
      expect(event).toEqual({ type: "text", delta: "Once" });
      break;
    }
    expect(thread.messages).toEqual([]);
    expect((await agent.run("2", thread)).text).toBe("two");
    await expect(stream.result).rejects.toMatchObject({ name: "AbortError" });
    await closed.promise;
  });

  test("aborts the signal of a running tool if the loop is left", async () => {
    const server = await startWireServer(
      deltas({ ...calling(["1", "wait", "{}"]), tool_calls: [indexed("wait")] }),
    );
    const told = Promise.withResolvers<unknown>();
    const wait = defineTool({
      name: "wait",
      run: async (_args, { signal }) => {
        signal.addEventListener("abort", () => told.resolve(signal.reason));
        return told.promise;
      },
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [wait] });
    const thread = agent.getNewThread();
    for await (const event of agent.runStream("1", thread)) if (event.type === "tool-call") break;
    expect(await told.promise).toMatchObject({ name: "AbortError" });
    expect(thread.messages).toEqual([]);
  });

  test("ends a pending next() on return()", async () => {
    const server = await startWireServer(begin);
    const stream = createChatAgent({ client: clientOf(server), model: "m" }).runStream("1");
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("keeps the turn if the loop is left after the run has ended", async () => {
    const server = await startWireServer(deltas({ role: "assistant", content: "one" }));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    const stream = agent.runStream("1", thread);
    const { text } = await stream.result;
    for await (const event of stream) if (event.type === "text") break;
    expect(text).toBe("one");
    expect(thread.messages).toHaveLength(2);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ["drops the connection", (response) => void response.destroy()],
    ["ends without a finish reason", (response) => void response.end()],
    [
      "announces the end within a tool call",
      (response) => {
        const call = { index: 0, id: "1", function: { name: "now", arguments: '{"zone":' } };
        response.end(`${deltaEvent({ tool_calls: [call] })}data: [DONE]\n\n`);
      },
    ],
    ["sends an error", (response) => void response.end('data: {"error":{"message":"overloaded"}}\n\n')],
    ["sends garbage", (response) => void response.end("data: {oops\n\n")],
  ])("throws STREAM_INTERRUPTED after the events so far if the server %s", async (_name, fail) => {
    // The openai package prints text that it cannot parse.
    const print = vi.spyOn(console, "error").mockReturnValue();
    onTestFinished(() => print.mockRestore());
    const received = Promise.withResolvers<void>();
    const server = await startWireServer((response) => {
      begin(response);
      void received.promise.then(() => fail(response));
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    const stream = agent.runStream("1", thread);
    const events: ChatEvent[] = [];
    const consume = async (): Promise<void> => {
      for await (const event of stream) {
        events.push(event);
        received.resolve();
      }
    };
    await expect(consume()).rejects.toMatchObject({
      code: "STREAM_INTERRUPTED",
      retryable: true,
      cause: expect.any(Error) as Error,
    });
    await expect(stream.result).rejects.toMatchObject({ code: "STREAM_INTERRUPTED" });
    expect(events).toEqual([{ type: "text", delta: "Once" }]);
    expect(thread.messages).toEqual([]);
  });

  test("does not cause an unhandled rejection if it is not consumed", async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on("unhandledRejection", note);
    const asked = Promise.withResolvers<void>();
    const server = await startWireServer((response) => {
      response.writeHead(401).end();
      response.on("close", () => asked.resolve());
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    agent.runStream("1", thread);
    agent.runStream("2", thread);
    await asked.promise;
    // The runs have settled when the thread is no longer busy. Node.js reports rejections after that task.
    const tryAgain = (): Promise<unknown> => agent.run("3", thread).catch((error: unknown) => error);
    while (AgentError.is(await tryAgain(), "THREAD_BUSY")) await setImmediate();
    await setImmediate();
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });
});

function begin(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(deltaEvent({ role: "assistant", content: "Once" }));
}

function indexed(name: string): object {
  return { index: 0, id: "1", type: "function", function: { name, arguments: "{}" } };
}
