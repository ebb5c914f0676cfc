// Streams of servers that are compatible with Chat Completions, but not the same.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { createChatAgent, defineTool } from "../index.ts";
import { clientOf, completion, deltaEvent, deltas, startWireServer } from "../model-server.test-helper.ts";
import { CompletionAssembler } from "./completion-assembler.ts";

interface Message {
  readonly content: unknown;
  readonly tool_calls?: readonly { readonly id: string; readonly function: object }[];
}

/** Assembles chunks that have these deltas. */
function assemble(...added: object[]): { message: Message; texts: string; isComplete: boolean } {
  const assembler = new CompletionAssembler(new Set(["clock", "get_weather", "weather"]));
  const texts = added.map((delta) => assembler.add({ choices: [{ index: 0, delta, finish_reason: null }] }));
  const { choices } = assembler.completion();
  return {
    message: choices[0]?.message as Message,
    texts: texts.map(({ content }) => content).join(""),
    isComplete: assembler.isComplete(),
  };
}

/** A delta with a piece of a call. Members that are `undefined` are left out. */
function piece(index: unknown, id: unknown, name: unknown, args: unknown, others: object = {}): object {
  const members = { index, id, type: "function", function: { name, arguments: args }, ...others };
  return { tool_calls: [JSON.parse(JSON.stringify(members)) as object] };
}

const ROME = '{"city":"Rome"}';
const OSLO = '{"city":"Oslo"}';
const [NOTHING, NULL] = [undefined, null];

describe("tool calls of one streamed response", () => {
  it.each<[dialect: string, deltas: object[], calls: [name: string, args: string][]]>([
    [
      "one call in pieces",
      [piece(0, "a", "weather", ""), piece(0, NOTHING, NOTHING, ROME)],
      [["weather", ROME]],
    ],
    [
      "pieces of two calls in turn",
      [
        piece(0, "a", "weather", '{"city"'),
        piece(1, "b", "weather", '{"city"'),
        piece(0, NOTHING, NOTHING, ':"Rome"}'),
        piece(1, NOTHING, NOTHING, ':"Oslo"}'),
      ],
      [
        ["weather", ROME],
        ["weather", OSLO],
      ],
    ],
    [
      "index 0 for all, with ids",
      [piece(0, "a", "weather", ROME), piece(0, "b", "weather", OSLO)],
      [
        ["weather", ROME],
        ["weather", OSLO],
      ],
    ],
    [
      "index 0 for all, with the same arguments",
      [piece(0, "a", "weather", ROME), piece(0, "b", "weather", ROME)],
      [
        ["weather", ROME],
        ["weather", ROME],
      ],
    ],
    [
      "index 0 for all, without ids",
      [piece(0, NOTHING, "weather", ROME), piece(0, NOTHING, "weather", OSLO)],
      [
        ["weather", ROME],
        ["weather", OSLO],
      ],
    ],
    [
      "index 0 and one id for all",
      [piece(0, "a", "weather", ROME), piece(0, "a", "clock", "{}"), piece(0, "a", "weather", OSLO)],
      [
        ["weather", ROME],
        ["clock", "{}"],
        ["weather", OSLO],
      ],
    ],
    [
      "index 0 for all, in pieces, in turn",
      [
        piece(0, "a", "weather", '{"city"'),
        piece(0, "b", "clock", '{"zone"'),
        piece(0, "a", NOTHING, ':"Rome"}'),
        piece(0, "b", NOTHING, ':"UTC"}'),
      ],
      [
        ["weather", ROME],
        ["clock", '{"zone":"UTC"}'],
      ],
    ],
    [
      "no index",
      [piece(NOTHING, "a", "weather", ROME), piece(NOTHING, "b", "clock", "{}")],
      [
        ["weather", ROME],
        ["clock", "{}"],
      ],
    ],
    [
      "no index, in pieces",
      [piece(NOTHING, "a", "weather", '{"city"'), piece(NOTHING, NOTHING, NOTHING, ':"Rome"}')],
      [["weather", ROME]],
    ],
    [
      "two calls without arguments, index 0 for both",
      [piece(0, "a", "clock", ""), piece(0, "b", "clock", "")],
      [
        ["clock", ""],
        ["clock", ""],
      ],
    ],
    [
      "an index for each piece",
      [piece(0, "a", "weather", '{"city"'), piece(1, NOTHING, NOTHING, ':"Rome"}')],
      [["weather", ROME]],
    ],
    ["an index that begins at 1", [piece(1, "a", "weather", ROME)], [["weather", ROME]]],
    [
      "an id and a name in each piece",
      [piece(0, "a", "weather", '{"city":'), piece(0, "a", "weather", '"Rome"}')],
      [["weather", ROME]],
    ],
    [
      "an id of its own for each piece",
      [piece(0, "a", "weather", '{"city":'), piece(0, "b", NOTHING, '"Rome"}')],
      [["weather", ROME]],
    ],
    [
      "empty texts in later pieces",
      [piece(0, "a", "weather", '{"city":'), piece(0, "", "", '"Rome"}')],
      [["weather", ROME]],
    ],
    [
      "null in later pieces",
      [piece(0, "a", "weather", NULL), piece(0, NULL, NULL, '{"city":'), piece(0, NULL, NULL, '"Rome"}')],
      [["weather", ROME]],
    ],
    [
      "an id after the name",
      [piece(0, NOTHING, "weather", ""), piece(0, "a", NOTHING, ROME)],
      [["weather", ROME]],
    ],
    [
      "a name in pieces",
      [piece(0, "a", "get_", ""), piece(0, NOTHING, "weather", ""), piece(0, NOTHING, NOTHING, ROME)],
      // "weather" is a tool, too: the pieces are read as two calls of it only if that is what they can mean.
      [
        ["get_", ""],
        ["weather", ROME],
      ],
    ],
    [
      "a name in pieces that no tool has",
      [piece(0, "a", "clo", ""), piece(0, "a", "ck", "{}")],
      [["clock", "{}"]],
    ],
    [
      "empty arguments before the real ones",
      [
        piece(0, "a", "weather", "{}"),
        piece(0, NOTHING, NOTHING, '{"city":'),
        piece(0, NOTHING, NOTHING, '"Rome"}'),
      ],
      [["weather", ROME]],
    ],
    [
      "the whole call once more at the end",
      [
        piece(0, "a", "weather", '{"city":'),
        piece(0, NOTHING, NOTHING, '"Rome"}'),
        piece(0, "a", "weather", ROME),
      ],
      [["weather", ROME]],
    ],
    [
      "an id and a name in each piece, after empty arguments",
      [piece(0, "a", "weather", ""), piece(0, "b", "weather", ROME)],
      [["weather", ROME]],
    ],
    [
      "empty arguments after the complete ones",
      [piece(0, "a", "weather", ROME), piece(0, NOTHING, NOTHING, "{}")],
      [["weather", ROME]],
    ],
    ["arguments as an object", [piece(0, "a", "weather", { city: "Rome" })], [["weather", ROME]]],
  ])("%s", (_dialect, added, calls) => {
    const { message, isComplete } = assemble(...added);
    const found = (message.tool_calls ?? []).map(({ function: call }) => call);
    expect(found).toEqual(calls.map(([name, args]) => ({ name, arguments: args })));
    expect(isComplete).toBe(calls.every(([, args]) => args !== ""));
  });

  it("keep their type, and members that arrive later", () => {
    const google = { google: { thought_signature: "c2ln" } };
    const { message } = assemble(
      { tool_calls: [{ index: 0, id: "a", function: { name: "weather", arguments: ROME } }] },
      { tool_calls: [{ index: 0, extra_content: google }] },
      { tool_calls: [{ index: 1, id: "b", type: "custom", custom: { name: "sql", input: "SEL" } }] },
      { tool_calls: [{ index: 1, custom: { input: "ECT" } }] },
    );
    expect(message.tool_calls).toEqual([
      { id: "a", type: "function", function: { name: "weather", arguments: ROME }, extra_content: google },
      { id: "b", type: "custom", custom: { name: "sql", input: "SELECT" } },
    ]);
  });

  it("are functions if they have one, and custom calls are told apart by id", () => {
    const { message } = assemble(
      { tool_calls: [{ index: 0, id: "a", type: "Function", function: { name: "clock", arguments: "{}" } }] },
      { tool_calls: [{ index: 0, id: "b", type: "custom", custom: { name: "sql", input: "1" } }] },
      { tool_calls: [{ index: 0, id: "c", type: "custom", custom: { name: "sql", input: "2" } }] },
    );
    expect(message.tool_calls).toEqual([
      { id: "a", type: "function", function: { name: "clock", arguments: "{}" } },
      { id: "b", type: "custom", custom: { name: "sql", input: "1" } },
      { id: "c", type: "custom", custom: { name: "sql", input: "2" } },
    ]);
  });

  it("are the same for every dialect, wherever the arguments are split", () => {
    const argument = fc.dictionary(
      fc.string(),
      fc.oneof(fc.string(), fc.integer(), fc.constant({ a: [{}] })),
    );
    const call = fc.record({
      name: fc.constantFrom("weather", "clock"),
      text: argument.map((value) => JSON.stringify(value)).filter((text) => text !== "{}"),
      cuts: fc.array(fc.nat(200), { maxLength: 3 }),
    });
    const dialects = [
      (index: number) => [index, `call_${index}`] as const,
      (index: number) => [0, `call_${index}`] as const,
      (index: number) => [undefined, `call_${index}`] as const,
      (index: number) => [index + 1, undefined] as const,
      () => [0, undefined] as const,
      () => [undefined, undefined] as const,
    ];
    fc.assert(
      fc.property(
        fc.array(call, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...dialects),
        (calls, dialect) => {
          const added = calls.flatMap(({ name, text, cuts }, number) => {
            const [index, id] = dialect(number);
            const ends = [...cuts.map((cut) => cut % text.length), text.length].toSorted((a, b) => a - b);
            return ends.map((end, place) => {
              const args = text.slice(place === 0 ? 0 : ends[place - 1], end);
              return place === 0 ? piece(index, id, name, args) : piece(index, undefined, undefined, args);
            });
          });
          const { message } = assemble(...added);
          expect(message.tool_calls?.map((each) => each.function)).toEqual(
            calls.map(({ name, text }) => ({ name, arguments: text })),
          );
        },
      ),
    );
  });
});

describe("the content of a streamed response", () => {
  it("is text, also if it arrives in lists of parts", () => {
    const text = (value: string): object => ({ type: "text", text: value });
    const { message, texts } = assemble(
      { content: [text("Hel")] },
      { content: "l" },
      { content: [text("o")] },
    );
    expect([message.content, texts]).toEqual(["Hello", "Hello"]);
  });

  it("keeps parts of other kinds", () => {
    const thinking = { type: "thinking", thinking: [{ type: "text", text: "Hm" }] };
    const { message, texts } = assemble({ content: [thinking] }, { content: "An" }, { content: "swer" });
    expect(message.content).toEqual([thinking, { type: "text", text: "Answer" }]);
    expect(texts).toBe("Answer");
  });

  it("joins the blocks of reasoning details, and merges objects", () => {
    const block = (text: string): object => ({ type: "reasoning.text", index: 0, text });
    const { message } = assemble(
      { reasoning_details: [block("I mu")], extra_content: { google: { thought: true } } },
      { reasoning_details: [block("st think")], extra_content: { google: { thought_signature: "c2ln" } } },
      { reasoning_details: [{ type: "reasoning.encrypted", index: 1, data: "x" }], content: "Hi" },
    );
    expect(message).toMatchObject({
      reasoning_details: [block("I must think"), { type: "reasoning.encrypted", index: 1, data: "x" }],
      extra_content: { google: { thought: true, thought_signature: "c2ln" } },
    });
  });
});

describe("an agent", () => {
  const cities: unknown[] = [];
  const weather = defineTool({
    name: "weather",
    run: ({ city }) => {
      cities.push(city);
      return "sunny";
    },
  });

  test("runs parallel calls that all have index 0", async () => {
    const server = await startWireServer(
      deltas(piece(0, "a", "weather", ROME), piece(0, "b", "weather", OSLO)),
      deltas({ content: "Sunny." }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [weather] });
    expect((await agent.runStream("How is the weather?").result).text).toBe("Sunny.");
    expect(cities).toEqual(["Rome", "Oslo"]);
  });

  test("accepts a response without a finish reason if the server announces its end", async () => {
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`${deltaEvent({ content: "Hello" })}data: [DONE]\n\n`);
    });
    const { result } = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Hi");
    expect(await result).toMatchObject({ text: "Hello", finishReason: undefined });
  });

  test("accepts the response of a server that does not stream", async () => {
    const server = await startWireServer(completion({ role: "assistant", content: "Hello" }));
    const stream = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Hi");
    const events: unknown[] = [];
    for await (const event of stream) events.push(event);
    expect(events[0]).toEqual({ type: "text", delta: "Hello" });
    expect((await stream.result).text).toBe("Hello");
  });

  test("accepts a stream that is declared as JSON, and begins with a comment", async () => {
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`: ping\r\n\r\n${deltaEvent({ content: "Hello" }, "stop")}data: [DONE]\r\n\r\n`);
    });
    const { result } = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Hi");
    expect(await result).toMatchObject({ text: "Hello", finishReason: "stop" });
  });

  test("does not take an empty finish reason for one", async () => {
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(deltaEvent({ content: "Hel" }, ""));
    });
    const { result } = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Hi");
    await expect(result).rejects.toMatchObject({ code: "STREAM_INTERRUPTED" });
  });

  test.each(['{"error":{"message":"no"}}', "{}", "[]", "null", "{oops"])(
    "rejects %s instead of a stream, without blaming the client",
    async (body) => {
      const server = await startWireServer((response) => {
        response.writeHead(200, { "content-type": "application/json" }).end(body);
      });
      const { result } = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Hi");
      await expect(result).rejects.toMatchObject({
        code: body === "null" ? "STREAM_INTERRUPTED" : "RESPONSE_INVALID",
      });
    },
  );

  test.each<[string, object, string | null, string]>([
    ["cut off before its arguments", piece(0, "a", "weather", ""), "length", "RESPONSE_INVALID"],
    ["cut off within its arguments", piece(0, "a", "weather", '{"city"'), "length", "RESPONSE_INVALID"],
    ["filtered", piece(0, "a", "weather", ""), "content_filter", "RESPONSE_INVALID"],
    ["followed by an error", piece(0, "a", "weather", ROME), "error", "MODEL_UNAVAILABLE"],
    ["without arguments or finish reason", piece(0, "a", "weather", ""), null, "STREAM_INTERRUPTED"],
    [
      "of the legacy form",
      { function_call: { name: "weather", arguments: ROME } },
      "stop",
      "RESPONSE_INVALID",
    ],
  ])("never runs a call that is %s", async (_name, delta, finishReason, code) => {
    let runs = 0;
    const tool = defineTool({ name: "weather", run: () => (runs += 1) });
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`${deltaEvent(delta, finishReason)}data: [DONE]\n\n`);
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [tool] });
    await expect(agent.runStream("Hi").result).rejects.toMatchObject({ code });
    expect(runs).toBe(0);
  });

  test("stores empty arguments as {}, which every server accepts", async () => {
    const tool = defineTool({ name: "weather", run: () => "sunny" });
    const server = await startWireServer(deltas(piece(0, "a", "weather", "")), deltas({ content: "Sunny." }));
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [tool] });
    const { messages } = await agent.runStream("Hi").result;
    expect(messages[1]).toMatchObject({ tool_calls: [{ function: { arguments: "{}" } }] });
  });

  test.each([{ content: 5 }, { content: { text: "a" } }])("rejects a response with %j", async (delta) => {
    const server = await startWireServer(deltas(delta));
    const { result } = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Hi");
    await expect(result).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  });

  test("rejects the page of a proxy", async () => {
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
    });
    const { result } = createChatAgent({ client: clientOf(server), model: "m" }).runStream("Hi");
    await expect(result).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  });
});
