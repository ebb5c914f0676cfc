import type { SerializedThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { canonical, golden, marksOf, messagesIn, messagesOf } from "./golden.test-helper.ts";
import { readAgentFrameworkThread, writeAgentFrameworkThread } from "./index.ts";

const joke = "Tell me a short pirate joke.";
const question = { role: "user", content: "And now as a parrot." };
const answer = { role: "assistant", content: "Arr, arr!", refusal: null, annotations: [] };

type Messages = { [member: string]: unknown }[];

function withMessages(thread: SerializedThread, change: (messages: Messages) => unknown[]): SerializedThread {
  return { ...thread, messages: change(messagesOf(thread)) as SerializedThread[] };
}

/** Writes a thread and returns its messages, in any shape. */
function write(thread: SerializedThread): { messages: Messages; marks: string[]; text: string } {
  const { text, report } = writeAgentFrameworkThread(thread);
  return { messages: messagesIn(text), marks: marksOf(report), text };
}

describe("a conversation that continued in this project", () => {
  test.each([
    [
      "python-session-joke.json",
      {
        role: "assistant",
        contents: [{ type: "text", text: "Arr, arr!", additional_properties: {} }],
        additional_properties: {},
        type: "message",
      },
    ],
    [
      "python-thread-joke.json",
      {
        type: "chat_message",
        role: { type: "role", value: "assistant" },
        contents: [{ type: "text", annotations: null, text: "Arr, arr!" }],
        author_name: null,
        message_id: null,
        additional_properties: {},
      },
    ],
    ["csharp-thread-tool-call.json", { role: "assistant", contents: [{ $type: "text", text: "Arr, arr!" }] }],
  ])("%s keeps the form of old messages and writes new ones in its shape", (name, last) => {
    const { thread } = readAgentFrameworkThread(golden(name));
    const { messages, marks } = write(withMessages(thread, (old) => [...old, question, answer]));
    const before = write(thread).messages;
    expect(messages.slice(0, before.length)).toEqual(before);
    expect(messages).toHaveLength(before.length + 2);
    expect(JSON.stringify(messages.at(-1))).toBe(JSON.stringify(last));
    expect(marks).toEqual([]);
  });

  test("the first messages of an unused thread are written to its history", () => {
    const python = readAgentFrameworkThread(golden("python-thread-unused.json")).thread;
    expect(writeAgentFrameworkThread(withMessages(python, () => [question])).text).toBe(
      '{"type":"agent_thread_state","service_thread_id":null,"chat_message_store_state":{"type":"chat_message_store_state","messages":[{"type":"chat_message","role":{"type":"role","value":"user"},"contents":[{"type":"text","annotations":null,"text":"And now as a parrot."}],"author_name":null,"message_id":null,"additional_properties":{}}]}}',
    );
    const csharp = readAgentFrameworkThread('{"stateBag":{"Memory":{"facts":[1]}}}').thread;
    expect(writeAgentFrameworkThread(withMessages(csharp, () => [question])).text).toBe(
      '{"stateBag":{"Memory":{"facts":[1]},"InMemoryChatHistoryProvider":{"messages":[{"role":"user","contents":[{"$type":"text","text":"And now as a parrot."}]}]}}}',
    );
  });

  test("messages in a thread with a service's conversation id are written and reported as elsewhere", () => {
    const { thread } = readAgentFrameworkThread(golden("csharp-session-service-managed.json"));
    const { text, marks } = write(withMessages(thread, () => [question]));
    expect(text).toContain(
      '"conversationId":"resp_abc123","stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role"',
    );
    expect(marks).toEqual(["elsewhere $.messages"]);
  });

  test("messages in a thread with the state of another store are lost and reported", () => {
    const { thread } = readAgentFrameworkThread(golden("csharp-thread-third-party-store.json"));
    const changed = withMessages(thread, () => [question]);
    expect(write(thread).text).toBe(golden("csharp-thread-third-party-store.json").trim());
    expect(marksOf(writeAgentFrameworkThread(changed).report)).toEqual(["lost $.messages"]);
    expect(() => writeAgentFrameworkThread(changed, { strict: true })).toThrow(
      expect.objectContaining({ code: "NOT_REPRESENTABLE", path: "$.messages" }) as Error,
    );
  });

  test("results of parallel calls become one message", () => {
    const calls = ["c1", "c2"].map((id) => ({
      id,
      type: "function",
      function: { name: "f", arguments: "{}" },
    }));
    const turn = [
      { role: "assistant", content: null, tool_calls: calls },
      { role: "tool", tool_call_id: "c1", content: "1" },
      {
        role: "tool",
        tool_call_id: "c2",
        content: [
          { type: "text", text: "2" },
          { type: "text", text: "!" },
        ],
      },
    ];
    const { thread } = readAgentFrameworkThread(golden("csharp-thread-tool-call.json"));
    const { messages, marks } = write(withMessages(thread, (old) => [...old, ...turn]));
    expect(messages.slice(4)).toEqual([
      {
        role: "assistant",
        contents: ["c1", "c2"].map((callId) => ({ $type: "functionCall", callId, name: "f", arguments: {} })),
      },
      {
        role: "tool",
        contents: [
          { $type: "functionResult", callId: "c1", result: "1" },
          { $type: "functionResult", callId: "c2", result: "2!" },
        ],
      },
    ]);
    expect(marks).toEqual(["changed $.messages[6]"]);
  });
});

describe("a conversation that was changed in this project", () => {
  const { thread } = readAgentFrameworkThread(golden("python-session-tool-call.json"));

  test("an edited message is written without its original", () => {
    const edited = withMessages(thread, (messages) =>
      messages.with(3, { role: "assistant", content: "It is warm." }),
    );
    const { messages, marks, text } = write(edited);
    expect(text).not.toContain("chatcmpl-2");
    expect(text).not.toContain("12C and raining");
    expect(messages[3]).toEqual({
      role: "assistant",
      contents: [{ type: "text", text: "It is warm.", additional_properties: {} }],
      additional_properties: {},
      type: "message",
    });
    expect(messages[1]).toMatchObject({ author_name: "Assistant", message_id: "chatcmpl-1" });
    expect(marks).toEqual(["edited $.agentFramework.messages[3]"]);
  });

  test("removed messages stay removed, and others keep their form", () => {
    const { messages, marks } = write(
      withMessages(thread, ([first, , , last]) => [first ?? {}, last ?? {}, question]),
    );
    expect(messages.map(({ message_id: id }) => id)).toEqual([undefined, "chatcmpl-2", undefined]);
    expect(marks).toEqual(["edited $.agentFramework.messages[1]"]);
    const front = write(withMessages(thread, (old) => old.slice(3)));
    expect(front.messages).toEqual(write(thread).messages.slice(3));
    const none = write(withMessages(thread, () => []));
    expect(none.text).toBe(
      '{"type":"session","session_id":"0d9c8a5e-6f1a-4b5c-9f62-7b2f5f6d8c11","service_session_id":null,"state":{"in_memory":{"messages":[]}}}',
    );
    expect(none.marks).toEqual([
      "edited $.agentFramework.messages[1]",
      "edited $.agentFramework.messages[3]",
    ]);
  });

  test("an edited result of several: their message in Agent Framework is rebuilt", () => {
    const results = ["a", "b"].map((callId) => ({ $type: "functionResult", callId, result: callId }));
    const calls = ["a", "b"].map((callId) => ({ $type: "functionCall", callId, name: "f" }));
    const messages = [
      { role: "assistant", contents: calls },
      { role: "tool", messageId: "m", contents: results },
    ];
    const source = readAgentFrameworkThread({ storeState: { messages } }).thread;
    const edited = withMessages(source, (old) =>
      old.with(2, { role: "tool", tool_call_id: "b", content: "x" }),
    );
    expect(write(edited).messages[1]).toEqual({
      role: "tool",
      contents: [results[0], { ...results[1], result: "x" }],
    });
    expect(write(source).messages[1]).toEqual(messages[1]);
  });

  test("a copy can have another session id", () => {
    const { text } = writeAgentFrameworkThread(thread, { sessionId: "copy" });
    const original = golden("python-session-tool-call.json").replace(
      "0d9c8a5e-6f1a-4b5c-9f62-7b2f5f6d8c11",
      "copy",
    );
    expect(text).toBe(canonical(original));
  });

  test("a store that reorders members changes nothing", () => {
    const { messages } = write(
      withMessages(thread, (old) =>
        old.map((message) => Object.fromEntries(Object.entries(message).toReversed())),
      ),
    );
    expect(messages).toEqual(write(thread).messages);
  });
});

describe("a thread that started in this project", () => {
  const thread = (...messages: unknown[]): SerializedThread =>
    ({
      format: "threadstore.thread",
      version: 1,
      kind: "chat",
      agent: "Assistant",
      messages,
    }) as SerializedThread;

  test("requires a target, and is written as if it had started there", () => {
    const started = thread({ role: "user", content: joke });
    expect(() => writeAgentFrameworkThread(started)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path: "to" }) as Error,
    );
    expect(writeAgentFrameworkThread(started, { to: "csharp-session" }).text).toBe(
      '{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"user","contents":[{"$type":"text","text":"Tell me a short pirate joke."}]}]}}}',
    );
    const { text } = writeAgentFrameworkThread(started, { to: "python-session", sessionId: "abc" });
    const expected = golden("python-session-file-store.json").trim().replace('"hi"', JSON.stringify(joke));
    expect(text).toBe(expected.replace(',"version":"1.0"', ""));
    const random = writeAgentFrameworkThread(started, { to: "python-session" }).text;
    expect(random).toMatch(/"session_id":"[0-9a-f]{8}-[0-9a-f-]{27}"/);
  });

  test("can only be written in current shapes", () => {
    expect(() => writeAgentFrameworkThread(thread(), { to: "csharp-thread" })).toThrow(
      '`to` must be "csharp-session" or "python-session" or "python-history".',
    );
  });

  test("is written with its citations", () => {
    const citation = { url: "https://x.test", title: "t", start_index: 1, end_index: 2 };
    const annotations = [{ type: "url_citation", url_citation: citation }, { type: "other" }];
    const cited = { role: "assistant", content: "x", annotations };
    const csharp = writeAgentFrameworkThread(thread(question, cited), { to: "csharp-session" });
    expect(JSON.stringify(messagesIn(csharp.text)[1])).toBe(
      '{"role":"assistant","contents":[{"$type":"text","text":"x","annotations":[{"$type":"citation","title":"t","url":"https://x.test","annotatedRegions":[{"$type":"textSpan","start":1,"end":2}]}]}]}',
    );
    expect(marksOf(csharp.report)).toEqual(["lost $.messages[1]"]);
    const python = writeAgentFrameworkThread(thread(question, cited), { to: "python-session" });
    expect(python.text).toContain('"annotated_regions":[{"type":"text_span","start_index":1,"end_index":2}]');
    const silent = { role: "assistant", content: null, annotations };
    const lost = writeAgentFrameworkThread(thread(question, silent), { to: "csharp-session" });
    expect(marksOf(lost.report)).toEqual(["lost $.messages[1]"]);
  });

  test("is written completely, or losses are reported", () => {
    const image = { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "high" } };
    const file = {
      type: "file",
      file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
    };
    const hosted = { type: "file", file: { file_id: "file-1" } };
    const audio = { type: "input_audio", input_audio: { data: "SUQz", format: "mp3" } };
    const unsupported = [
      { type: "video" },
      { type: "image_url" },
      { type: "input_audio", input_audio: { data: "x", format: "flac" } },
      { type: "file", file: {} },
    ];
    const source = thread(
      {
        role: "user",
        name: "ann",
        content: [{ type: "text", text: "x" }, image, file, hosted, audio, ...unsupported],
      },
      {
        role: "assistant",
        content: [
          { type: "text", text: "y" },
          { type: "refusal", refusal: "r" },
        ],
        reasoning_content: "Hm.",
        refusal: null,
        annotations: [{ type: "url_citation" }],
        tool_calls: [{ id: "1", type: "custom", custom: { name: "shell", input: "uptime" } }],
      },
      { role: "function", name: "wave", content: null },
    );
    const { text, report } = writeAgentFrameworkThread(source, { to: "csharp-session" });
    const { stateBag } = JSON.parse(text) as {
      stateBag: { InMemoryChatHistoryProvider: { messages: unknown[] } };
    };
    expect(stateBag.InMemoryChatHistoryProvider.messages).toEqual([
      {
        authorName: "ann",
        role: "user",
        contents: [
          { $type: "text", text: "x" },
          {
            $type: "uri",
            uri: "https://x.test/a.png",
            mediaType: "image/*",
            additionalProperties: { detail: "high" },
          },
          { $type: "data", uri: "data:application/pdf;base64,JVBERi0=", name: "a.pdf" },
          { $type: "hostedFile", fileId: "file-1" },
          { $type: "data", uri: "data:audio/mpeg;base64,SUQz" },
        ],
      },
      {
        role: "assistant",
        contents: [
          { $type: "reasoning", text: "Hm." },
          { $type: "text", text: "y" },
          { $type: "error", message: "r", errorCode: "Refusal" },
        ],
      },
    ]);
    expect(marksOf(report)).toEqual([
      ...[5, 6, 7, 8].map((index) => `lost $.messages[0].content[${index}]`),
      "lost $.messages[1]",
      "lost $.messages[1].tool_calls[0]",
      "lost $.messages[2]",
    ]);
  });
});

describe("the states of providers", () => {
  test("are written back to their position, and lost in the other language", () => {
    const text =
      '{"conversationId":"_agent_local_chat_history","stateBag":{"Memory":{"2":1,"1":2.0},"InMemoryChatHistoryProvider":{"messages":[{"role":"user","contents":[{"$type":"text","text":"x"}]}],"cursor":[1]},"toolApprovalState":{}}}';
    const { thread, report, serviceId } = readAgentFrameworkThread(text);
    expect(serviceId).toBeUndefined();
    expect(marksOf(report)).toEqual([
      "preserved $.stateBag.Memory",
      "preserved $.stateBag.InMemoryChatHistoryProvider.cursor",
    ]);
    expect(writeAgentFrameworkThread(thread).text).toBe(text);
    expect(marksOf(writeAgentFrameworkThread(thread, { to: "python-session" }).report)).toEqual([
      "replaced $.conversationId",
      "lost $.stateBag.Memory",
      "lost $.stateBag.InMemoryChatHistoryProvider.cursor",
    ]);
  });

  test("in the first shape of C# are preserved, including the memory", () => {
    const text = '{"conversationId":null,"storeState":{"messages":[]},"aiContextProviderState":{"facts":[]}}';
    const { thread, report } = readAgentFrameworkThread(text);
    expect(marksOf(report)).toEqual(["preserved $.aiContextProviderState"]);
    expect(writeAgentFrameworkThread(thread).text).toBe(text);
    expect(marksOf(writeAgentFrameworkThread(thread, { to: "csharp-session" }).report)).toEqual([
      "lost $.aiContextProviderState",
    ]);
  });

  test("a custom name of the history is found and kept, and required as an option if it is ambiguous", () => {
    const history = (text: string): object => ({
      messages: [{ role: "user", contents: [{ type: "text", text }] }],
    });
    const session = (state: object): object => ({ type: "session", session_id: "s", state });
    const custom = readAgentFrameworkThread(session({ mine: history("x"), memory: { a: [1] } }));
    expect(messagesOf(custom.thread)).toEqual([{ role: "user", content: "x" }]);
    const added = withMessages(custom.thread, (old) => [...old, question]);
    expect(writeAgentFrameworkThread(added).text).toContain('"state":{"mine":{"messages":[{"role":"user"');
    expect(writeAgentFrameworkThread(added, { to: "csharp-session" }).text).toContain(
      '{"InMemoryChatHistoryProvider":{',
    );
    const two = session({ mine: history("x"), log: history("y") });
    expect(() => readAgentFrameworkThread(two)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path: "$.state" }) as Error,
    );
    expect(messagesOf(readAgentFrameworkThread(two, { historyKey: "log" }).thread)).toEqual([
      { role: "user", content: "y" },
    ]);
    expect(() => readAgentFrameworkThread(two, { historyKey: "other" })).toThrow("historyKey");
  });
});
