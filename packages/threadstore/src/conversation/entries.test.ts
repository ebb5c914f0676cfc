// The parts that the viewer shows, from the forms of all SDKs.
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonValue, SerializedThread } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import { describe, expect, it } from "vitest";
import type { Entry } from "./entry.ts";
import { readConversation } from "./read-conversation.ts";

const PACKAGES = join(import.meta.dirname, "../../..");
const PNG = "iVBORw0KGgo=";
const PNG_URL = `data:image/png;base64,${PNG}`;
const REMOTE = "https://example.com/cat.png";

function entriesOf(thread: object): readonly Entry[] {
  return readConversation(thread as SerializedThread)?.entries ?? [];
}

/** Returns what an entry shows, without its place. */
function contentsOf(thread: object): object[] {
  return entriesOf(thread).map(({ index: _index, path: _path, bytes: _bytes, ...content }) => content);
}

const own = (kind: string, members: object): object => ({
  format: "threadstore.thread",
  version: 1,
  kind,
  ...members,
});

/** A thread of each form with every kind of part that it can have, and the entries that it shows. */
const THREADS: readonly (readonly [name: string, thread: object, entries: readonly object[]])[] = [
  [
    "Chat Completions",
    own("chat", {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Look" },
            { type: "image_url", image_url: { url: PNG_URL } },
            { type: "image_url", image_url: { url: REMOTE } },
            { type: "input_audio", input_audio: { data: PNG, format: "wav" } },
            { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${PNG}` } },
            { type: "file", file: { file_id: "file-1" } },
            { type: "video_url", video_url: "x" },
          ],
        },
        {
          role: "assistant",
          content: "A cat",
          refusal: "No more",
          reasoning_content: "Hm",
          tool_calls: [
            { id: "c1", type: "function", function: { name: "feed", arguments: "{}" } },
            { id: "c2", type: "custom", custom: { name: "sql", input: "select" } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "Fed" }] },
      ],
    }),
    [
      { kind: "text", role: "user", text: "Look" },
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "image", role: "user", source: { url: REMOTE } },
      { kind: "file", role: "user", mediaType: "audio/wav", data: `data:audio/wav;base64,${PNG}` },
      {
        kind: "file",
        role: "user",
        name: "a.pdf",
        mediaType: "application/pdf",
        data: `data:application/pdf;base64,${PNG}`,
      },
      { kind: "file", role: "user", name: "file-1" },
      { kind: "other", role: "user", type: "video_url", json: '{"type":"video_url","video_url":"x"}' },
      { kind: "reasoning", role: "assistant", text: "Hm" },
      { kind: "text", role: "assistant", text: "A cat" },
      { kind: "text", role: "assistant", text: "No more" },
      { kind: "call", role: "assistant", id: "c1", name: "feed", input: "{}" },
      { kind: "call", role: "assistant", id: "c2", name: "sql", input: "select" },
      { kind: "result", role: "tool", id: "c1", output: "Fed" },
    ],
  ],
  [
    "the Responses API",
    own("responses", {
      messages: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "Look" },
            { type: "input_image", image_url: PNG_URL },
            { type: "input_image", file_id: "file-1" },
            { type: "input_file", filename: "a.pdf", file_url: "https://example.com/a.pdf" },
          ],
        },
        { type: "reasoning", id: "rs", summary: [{ type: "summary_text", text: "Hm" }] },
        { type: "computer_call", call_id: "c1", action: { type: "screenshot" } },
        {
          type: "computer_call_output",
          call_id: "c1",
          output: { type: "computer_screenshot", image_url: PNG_URL },
        },
        { type: "image_generation_call", id: "ig", result: PNG },
        { type: "mcp_approval_request", id: "m1", name: "pay", arguments: "{}" },
        { type: "mcp_approval_response", approval_request_id: "m1", approve: false },
        { type: "mcp_call", id: "m2", name: "pay", arguments: "{}", error: "Refused" },
        { type: "future_item", value: 1 },
      ],
    }),
    [
      { kind: "text", role: "user", text: "Look" },
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "file", role: "user", name: "file-1" },
      { kind: "file", role: "user", name: "a.pdf", url: "https://example.com/a.pdf" },
      { kind: "reasoning", role: "assistant", text: "Hm" },
      { kind: "call", role: "assistant", id: "c1", name: "computer_call", input: '{"type":"screenshot"}' },
      { kind: "result", role: "tool", id: "c1", output: "[computer_screenshot]" },
      { kind: "image", role: "tool", id: "c1", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "call", role: "assistant", id: "ig", name: "image_generation_call", input: "" },
      { kind: "image", role: "assistant", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "call", role: "assistant", id: "m1", name: "pay", input: "{}", approval: "denied" },
      { kind: "result", role: "tool", id: "m1", output: "false" },
      { kind: "call", role: "assistant", id: "m2", name: "pay", input: "{}" },
      { kind: "result", role: "tool", id: "m2", output: "Refused", isError: true },
      {
        kind: "other",
        role: "assistant",
        type: "future_item",
        json: '{"type":"future_item","value":1}',
      },
    ],
  ],
  [
    "the Agents SDK",
    own("openai-agents-items", {
      items: [
        { role: "user", content: [{ type: "input_image", image: PNG_URL }] },
        { type: "reasoning", content: [], rawContent: [{ type: "reasoning_text", text: "Hm" }] },
        { type: "function_call", callId: "c1", name: "look", arguments: "{}" },
        {
          type: "function_call_result",
          callId: "c1",
          output: { type: "image", image: { data: PNG, mediaType: "image/png" } },
        },
      ],
    }),
    [
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "reasoning", role: "assistant", text: "Hm" },
      { kind: "call", role: "assistant", id: "c1", name: "look", input: "{}" },
      { kind: "result", role: "tool", id: "c1", output: "[image]" },
      { kind: "image", role: "tool", id: "c1", mediaType: "image/png", source: { data: PNG_URL } },
    ],
  ],
  [
    "useChat",
    own("ai-sdk-ui-messages", {
      messages: [
        {
          id: "1",
          role: "user",
          parts: [{ type: "file", mediaType: "image/png", url: PNG_URL, filename: "cat" }],
        },
        {
          id: "2",
          role: "assistant",
          metadata: { createdAt: 1_700_000_000_000 },
          parts: [
            { type: "reasoning", text: "Hm" },
            {
              type: "tool-a",
              toolCallId: "c1",
              state: "approval-requested",
              input: {},
              approval: { id: "x" },
            },
            { type: "tool-b", toolCallId: "c2", state: "output-error", input: {}, errorText: "Failed" },
            {
              type: "dynamic-tool",
              toolName: "c",
              toolCallId: "c3",
              state: "output-denied",
              input: {},
              approval: { id: "x", approved: false },
            },
            {
              type: "tool-d",
              toolCallId: "c4",
              state: "output-available",
              input: {},
              output: { text: "a", n: 1 },
            },
            { type: "source-url", sourceId: "s", url: REMOTE },
          ],
        },
      ],
    }),
    [
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      ...[
        { kind: "reasoning", role: "assistant", text: "Hm" },
        { kind: "call", role: "assistant", id: "c1", name: "a", input: "{}", approval: "requested" },
        { kind: "call", role: "assistant", id: "c2", name: "b", input: "{}" },
        { kind: "result", role: "tool", id: "c2", output: "Failed", isError: true },
        { kind: "call", role: "assistant", id: "c3", name: "c", input: "{}", approval: "denied" },
        { kind: "call", role: "assistant", id: "c4", name: "d", input: "{}" },
        // All of a tool's data is shown, although a member is named like the text of a part.
        { kind: "result", role: "tool", id: "c4", output: '{"text":"a","n":1}' },
        {
          kind: "other",
          role: "assistant",
          type: "source-url",
          json: `{"type":"source-url","sourceId":"s","url":"${REMOTE}"}`,
        },
      ].map((entry) => ({ ...entry, createdAt: "2023-11-14T22:13:20.000Z" })),
    ],
  ],
  [
    "model messages of the AI SDK",
    own("ai-sdk-model-messages", {
      messages: [
        {
          role: "user",
          content: [
            { type: "image", image: PNG, mediaType: "image/png" },
            { type: "file", data: PNG, mediaType: "application/pdf", filename: "a.pdf" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "Hm" },
            { type: "tool-call", toolCallId: "c1", toolName: "look", input: {} },
            { type: "tool-approval-request", approvalId: "a1", toolCallId: "c1" },
          ],
        },
        {
          role: "tool",
          content: [
            { type: "tool-approval-response", approvalId: "a1", approved: true },
            { type: "tool-result", toolCallId: "c1", output: { type: "error-text", value: "Failed" } },
            {
              type: "tool-result",
              toolCallId: "c2",
              output: { type: "content", value: [{ type: "media", data: PNG, mediaType: "image/png" }] },
            },
          ],
        },
      ],
    }),
    [
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      {
        kind: "file",
        role: "user",
        name: "a.pdf",
        mediaType: "application/pdf",
        data: `data:application/pdf;base64,${PNG}`,
      },
      { kind: "reasoning", role: "assistant", text: "Hm" },
      { kind: "call", role: "assistant", id: "c1", name: "look", input: "{}", approval: "approved" },
      { kind: "result", role: "tool", id: "c1", output: "Failed", isError: true },
      { kind: "result", role: "tool", id: "c2", output: "[media]" },
      { kind: "image", role: "tool", id: "c2", mediaType: "image/png", source: { data: PNG_URL } },
    ],
  ],
  [
    "LangChain",
    {
      messages: [
        {
          type: "human",
          data: {
            content: [
              { type: "image_url", image_url: PNG_URL },
              { type: "image", source_type: "base64", data: PNG, mime_type: "image/png" },
            ],
          },
        },
        {
          lc: 1,
          type: "constructor",
          id: ["langchain_core", "messages", "AIMessage"],
          kwargs: {
            content: [
              { type: "thinking", thinking: "Hm" },
              { type: "text", text: "Wait" },
              { type: "tool_use", id: "c1", name: "look", input: {} },
            ],
            tool_calls: [{ id: "c1", name: "look", args: {} }],
          },
        },
        { type: "tool", data: { tool_call_id: "c1", status: "error", content: "Failed" } },
      ],
    },
    [
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "reasoning", role: "assistant", text: "Hm" },
      { kind: "text", role: "assistant", text: "Wait" },
      { kind: "call", role: "assistant", id: "c1", name: "look", input: "{}" },
      { kind: "result", role: "tool", id: "c1", output: "Failed", isError: true },
    ],
  ],
  [
    "Anthropic",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
            { type: "image", source: { type: "url", url: REMOTE } },
            {
              type: "document",
              title: "a.pdf",
              source: { type: "base64", media_type: "application/pdf", data: PNG },
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Hm", signature: "x" },
            { type: "tool_use", id: "c1", name: "look", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: "c1",
              is_error: true,
              content: [
                { type: "text", text: "Failed" },
                { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
              ],
            },
          ],
        },
      ],
    },
    [
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "image", role: "user", source: { url: REMOTE } },
      {
        kind: "file",
        role: "user",
        name: "a.pdf",
        mediaType: "application/pdf",
        data: `data:application/pdf;base64,${PNG}`,
      },
      { kind: "reasoning", role: "assistant", text: "Hm" },
      { kind: "call", role: "assistant", id: "c1", name: "look", input: '{"a":1}' },
      { kind: "result", role: "user", id: "c1", output: "Failed\n[image]", isError: true },
      { kind: "image", role: "user", id: "c1", mediaType: "image/png", source: { data: PNG_URL } },
    ],
  ],
  [
    "a transcript of the Claude Agent SDK",
    own("claude-agent-transcript", {
      segments: ["older"],
      entries: [
        {
          type: "user",
          timestamp: "2027-03-01T09:30:01.000Z",
          message: { role: "user", content: "Look" },
        },
        { type: "mode", mode: "plan" },
        {
          type: "assistant",
          message: { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "Read", input: {} }] },
        },
        { json: JSON.stringify({ type: "user", message: { role: "user", content: "cut" } }) },
      ],
    }),
    [
      { kind: "text", role: "user", text: "Look", createdAt: "2027-03-01T09:30:01.000Z" },
      { kind: "other", role: "mode", type: "mode", json: '{"type":"mode","mode":"plan"}' },
      { kind: "call", role: "assistant", id: "c1", name: "Read", input: "{}" },
      { kind: "text", role: "user", text: "cut" },
    ],
  ],
  [
    "a session of the ADK",
    own("adk-session", {
      state: {},
      events: [
        {
          id: "1",
          author: "user",
          timestamp: 1_767_323_045.5,
          content: { role: "user", parts: [{ text: "Look" }] },
        },
        {
          id: "2",
          author: "helper",
          content: {
            role: "model",
            parts: [
              { text: "Hm", thought: true },
              { functionCall: { id: "c1", name: "look", args: { a: 1 } } },
              { inlineData: { mimeType: "image/png", data: PNG } },
            ],
          },
        },
        {
          id: "3",
          author: "helper",
          content: {
            parts: [{ functionResponse: { id: "c1", name: "look", response: { result: "A cat" } } }],
          },
        },
        { id: "4", author: "helper", errorMessage: "Failed" },
      ],
    }),
    [
      { kind: "text", role: "user", text: "Look", createdAt: "2026-01-02T03:04:05.500Z" },
      { kind: "reasoning", role: "helper", text: "Hm" },
      { kind: "call", role: "helper", id: "c1", name: "look", input: '{"a":1}' },
      { kind: "image", role: "helper", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "result", role: "helper", id: "c1", output: '{"result":"A cat"}' },
      { kind: "text", role: "helper", text: "Failed" },
    ],
  ],
  [
    "a snapshot of Genkit",
    own("genkit-snapshot", {
      snapshot: {
        snapshotId: "s",
        state: {
          messages: [
            { role: "user", content: [{ text: "Look" }, { media: { url: PNG_URL } }] },
            {
              role: "model",
              content: [{ reasoning: "Hm" }, { toolRequest: { ref: "c1", name: "look", input: {} } }],
            },
            { role: "tool", content: [{ toolResponse: { ref: "c1", name: "look", output: "A cat" } }] },
          ],
        },
      },
    }),
    [
      { kind: "text", role: "user", text: "Look" },
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "reasoning", role: "model", text: "Hm" },
      { kind: "call", role: "model", id: "c1", name: "look", input: "{}" },
      { kind: "result", role: "tool", id: "c1", output: "A cat" },
    ],
  ],
  [
    "a thread of Mastra",
    own("mastra-thread", {
      messages: [
        {
          id: "m1",
          role: "assistant",
          createdAt: "2026-01-01T12:00:01.000Z",
          content: {
            format: 2,
            parts: [
              { type: "step-start" },
              { type: "text", text: "Wait" },
              {
                type: "tool-invocation",
                toolInvocation: {
                  state: "result",
                  toolCallId: "c1",
                  toolName: "look",
                  args: {},
                  result: "A cat",
                },
              },
              {
                type: "tool-invocation",
                toolInvocation: { state: "call", toolCallId: "c2", toolName: "feed", args: {} },
              },
            ],
          },
        },
      ],
    }),
    [
      { kind: "text", role: "assistant", text: "Wait" },
      { kind: "call", role: "assistant", id: "c1", name: "look", input: "{}" },
      { kind: "result", role: "tool", id: "c1", output: "A cat" },
      { kind: "call", role: "assistant", id: "c2", name: "feed", input: "{}" },
    ].map((entry) => ({ ...entry, createdAt: "2026-01-01T12:00:01.000Z" })),
  ],
  [
    "a snapshot of Strands Agents",
    own("strands-value", {
      json: {
        scope: "agent",
        data: {
          messages: [
            {
              role: "user",
              content: [{ text: "Look" }, { image: { format: "png", source: { bytes: PNG } } }],
            },
            {
              role: "assistant",
              content: [
                { reasoningContent: { reasoningText: { text: "Hm" } } },
                { toolUse: { toolUseId: "c1", name: "look", input: {} } },
              ],
            },
            {
              role: "user",
              content: [{ toolResult: { toolUseId: "c1", status: "error", content: [{ text: "Failed" }] } }],
            },
          ],
        },
      },
    }),
    [
      { kind: "text", role: "user", text: "Look" },
      { kind: "image", role: "user", mediaType: "image/png", source: { data: PNG_URL } },
      { kind: "reasoning", role: "assistant", text: "Hm" },
      { kind: "call", role: "assistant", id: "c1", name: "look", input: "{}" },
      { kind: "result", role: "user", id: "c1", output: "Failed", isError: true },
    ],
  ],
];

/** Returns the value at a path such as `$.messages[3].content`. */
function valueAt(thread: JsonValue, path: string): unknown {
  const steps = [...path.matchAll(/\.(\w+)|\[(\d+)\]/gu)];
  return steps.reduce<unknown>((value, [, name, index]) => {
    if (index !== undefined) return Array.isArray(value) ? value[Number(index)] : undefined;
    return isJsonObject(value) ? value[name ?? ""] : undefined;
  }, thread);
}

describe.each(THREADS)("the entries of %s", (_, thread, expected) => {
  it("have every kind of part", () => {
    expect(contentsOf(thread)).toEqual(expected);
  });

  it("have paths of values in the thread, in their message, and their sizes", () => {
    const text = JSON.stringify(thread);
    const entries = entriesOf(thread);
    const places = entries.map(({ path, index }) => {
      const isInMessage = path.includes(`[${index}]`);
      return [path, valueAt(thread as JsonValue, path) !== undefined && isInMessage];
    });
    expect(places.filter(([, isValid]) => isValid !== true)).toEqual([]);
    const sum = entries.reduce((total, { bytes }) => total + bytes, 0);
    expect(Math.min(...entries.map(({ bytes }) => bytes))).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(text.length);
  });
});

describe("the documents that the packages of this project have written", () => {
  const GOLDEN = globSync("*/src/golden/*.json", { cwd: PACKAGES });

  it.each([
    ["openai", ["chat"]],
    ["openai-agents", ["openai-agents-items"]],
    ["ai-sdk", ["ai-sdk-model-messages", "ai-sdk-ui-messages"]],
    ["claude-agent-sdk", ["claude-agent-segment", "claude-agent-transcript"]],
    ["mastra", ["mastra-thread"]],
  ])("of %s are conversations", async (name, kinds) => {
    const files = GOLDEN.filter((file) => file.startsWith(`${name}/`));
    const documents = await Promise.all(
      files.map(async (file) => JSON.parse(await readFile(join(PACKAGES, file), "utf8")) as JsonValue),
    );
    const read = documents
      .flatMap((document) => threadsIn(document))
      .map(readConversation)
      .filter((conversation) => conversation !== undefined);
    expect([...new Set(read.map(({ form }) => form))].toSorted()).toEqual(kinds);
    expect(read.filter(({ entries }) => entries.length === 0)).toEqual([]);
  });
});

/** Returns the threads anywhere in a value. */
function threadsIn(value: JsonValue): SerializedThread[] {
  if (isJsonObject(value) && value["format"] === "threadstore.thread") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(threadsIn) : [];
}

describe("a link", () => {
  it.each([
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "file:///etc/passwd",
    "//example.com/x.png",
    "blob:http://localhost/1",
    "ht\ttps://example.com",
  ])("is never %s", (url) => {
    const parts = [
      { type: "image_url", image_url: { url } },
      { type: "input_image", image_url: url },
      { type: "image", image: url },
      { type: "image", source: { type: "url", url } },
      { type: "image", source: { type: "base64", media_type: "text/html", data: url } },
      { type: "file", url, mediaType: "image/png" },
      { type: "file", data: url, mediaType: "image/png" },
      { type: "input_file", file_url: url },
      { media: { url, contentType: "image/png" } },
      { fileData: { fileUri: url, mimeType: "image/png" } },
      { inlineData: { data: url, mimeType: "image/png" } },
    ];
    const entries = contentsOf({ messages: [{ role: "user", content: parts }] });
    expect(entries).toHaveLength(parts.length);
    expect(entries.filter((entry) => "source" in entry || "url" in entry || "data" in entry)).toEqual([]);
  });

  it.each(["text/html; charset=x", "image/png,<script>", 'image/png" onload="x', "x"])(
    "has no media type that changes it: %s",
    (mediaType) => {
      const parts = [
        { type: "file", data: PNG, mediaType },
        { type: "image", source: { type: "base64", media_type: mediaType, data: PNG } },
      ];
      for (const entry of contentsOf({ messages: [{ role: "user", content: parts }] })) {
        const { data } = entry as { data?: string };
        expect([entry, data]).toEqual([
          expect.not.objectContaining({ mediaType }),
          `data:application/octet-stream;base64,${PNG}`,
        ]);
      }
    },
  );
});

describe("the time of a message", () => {
  it.each<[object, string | undefined]>([
    [{ createdAt: "2026-01-02T03:04:05Z" }, "2026-01-02T03:04:05.000Z"],
    [{ created_at: "2026-01-02T03:04:05+01:00" }, "2026-01-02T02:04:05.000Z"],
    [{ timestamp: 1_767_323_045 }, "2026-01-02T03:04:05.000Z"],
    [{ timestamp: 1_767_323_045_000 }, "2026-01-02T03:04:05.000Z"],
    [{ metadata: { createdAt: "2026-01-02T03:04:05Z" } }, "2026-01-02T03:04:05.000Z"],
    [{ createdAt: "yesterday" }, undefined],
    [{ createdAt: "9999-99-99T99:99" }, undefined],
    [{ createdAt: 1e300 }, undefined],
    [{ createdAt: -1 }, undefined],
    [{ createdAt: {} }, undefined],
    [{}, undefined],
  ])("of %j is %s", (members, time) => {
    const [entry] = entriesOf({ messages: [{ role: "user", content: "Hi", ...members }] });
    expect(entry?.createdAt).toBe(time);
  });
});

it("an approval belongs to the last call with its id", () => {
  const call = { id: "c1", type: "function", function: { name: "x", arguments: "{}" } };
  const messages = [
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "c1", content: "done" },
    { role: "assistant", content: null, tool_calls: [call] },
  ];
  const turn = { id: "t", calls: [{ callId: "c1", state: "approval-needed" }] };
  const approvals = entriesOf(own("chat", { messages, turn })).map((entry) =>
    entry.kind === "call" ? entry.approval : "-",
  );
  expect(approvals).toEqual([undefined, "-", "requested"]);
});
