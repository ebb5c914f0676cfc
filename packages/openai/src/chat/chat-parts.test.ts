import { expect, test } from "vitest";
import {
  answer,
  asks,
  call,
  messagesOf,
  result,
  threadOf,
  user,
} from "../../../agent/dist/repair/threads.test-helper.js";
import { checkThread, repairThread } from "../index.ts";
import { findProviderRejection } from "../strict-server/provider-rules.test-helper.ts";
import { toChatPart } from "./chat-parts.ts";

const url = "https://pictures.example/a.png";

test.each([
  [
    { type: "output_text", text: "Hi" },
    { type: "text", text: "Hi" },
  ],
  [
    { type: "input_image", image_url: url },
    { type: "image_url", image_url: { url } },
  ],
  [{ type: "input_image", file_id: "file-1" }, undefined],
  [{ type: "image_url" }, undefined],
  [{ type: "image_url", image_url: {} }, undefined],
  [{ type: "image_url", image_url: { url: 1 } }, undefined],
  [{ type: "image_url", image_url: [url] }, undefined],
  [
    { type: "image_url", image_url: url },
    { type: "image_url", image_url: { url } },
  ],
  [
    { type: "refusal", refusal: "No." },
    { type: "text", text: "No." },
  ],
  [{ type: "refusal" }, undefined],
  [{ type: "file", file: "a.pdf" }, undefined],
  [{ type: "input_audio", input_audio: {} }, undefined],
  [{ type: "tool_use", id: "c1", name: "look", input: {} }, undefined],
  [{ type: "tool_result", tool_use_id: "c1", content: "blue" }, undefined],
])("%j becomes a part of Chat Completions, or text", (part, expected) => {
  expect(toChatPart(part, "user")).toEqual(expected);
});

test.each([
  { type: "image_url", image_url: { url, detail: "low" } },
  { type: "file", file: { file_id: "file-1" } },
  { type: "video_url", video_url: { url } },
  { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
])("%j is kept", (part) => {
  expect(toChatPart(part, "user")).toBe(part);
});

test.each([
  ["assistant", true],
  ["user", false],
  ["system", false],
  ["developer", false],
  ["tool", false],
])("a refusal in a message with role %s is kept: %s", (role, isKept) => {
  const part = { type: "refusal", refusal: "No." };
  expect(toChatPart(part, role)).toEqual(isKept ? part : { type: "text", text: "No." });
});

test.each([{ refusal: ["No."] }, { audio: "a1" }, { audio: { id: 1 } }])(
  "the member %j is removed",
  (member) => {
    const said = { role: "assistant", content: "Blue sky." };
    const [name] = Object.keys(member);
    const thread = threadOf([user, { ...said, ...member }]);
    const path = `$.messages[1].${name}`;
    expect(checkThread(thread)).toMatchObject([{ code: "member-unsupported", path }]);
    expect(repairThread(thread, "synthesize").thread).toEqual(threadOf([user, said]));
  },
);

test.each([
  ["user", { type: "image_url", image_url: url }, { type: "image_url", image_url: { url } }],
  ["user", { type: "refusal", refusal: "No." }, { type: "text", text: "No." }],
  ["system", { type: "refusal", refusal: "No." }, { type: "text", text: "No." }],
  ["developer", { type: "refusal", refusal: "No." }, { type: "text", text: "No." }],
])("OpenAI rejects a message of role %s with %j, and accepts the repaired one", (role, part, expected) => {
  const messages = [{ role, content: [part] }, user];
  expect(findProviderRejection("openai", { messages: messages as never })).toBeDefined();
  const path = "$.messages[0].content[0]";
  expect(checkThread(threadOf(messages))).toMatchObject([{ code: "content-invalid", path }]);
  const repaired = messagesOf(repairThread(threadOf(messages), "synthesize").thread);
  expect(repaired).toEqual([{ role, content: [expected] }, user]);
  expect(findProviderRejection("openai", { messages: repaired as never })).toBeUndefined();
});

test.each([
  ["whose only part is invalid", [{ type: "text" }], ""],
  ["whose parts are all invalid", [{ type: "tool_use" }, 5], ""],
  ["with an empty array", [], ""],
  ["with one valid part", [{ type: "text", text: "a" }, 5], [{ type: "text", text: "a" }]],
])("a dropped part never leaves an empty array in a result %s", (_which, content, expected) => {
  const messages = [user, asks(call("c1")), result("c1", content), answer];
  expect(checkThread(threadOf(messages))).not.toEqual([]);
  const { thread } = repairThread(threadOf(messages), "drop");
  const repaired = messagesOf(thread);
  expect(repaired[2]).toEqual(result("c1", expected as never));
  expect(repairThread(thread, "drop").changes).toEqual([]);
  expect(findProviderRejection("openai", { messages: repaired as never })).toBeUndefined();
});
