import { expect, test } from "vitest";
import { threadOf, user } from "../../../agent/dist/repair/threads.test-helper.js";
import { checkThread, repairThread } from "../index.ts";
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
  [{ type: "refusal" }, undefined],
  [{ type: "file", file: "a.pdf" }, undefined],
  [{ type: "input_audio", input_audio: {} }, undefined],
  [{ type: "tool_use", id: "c1", name: "look", input: {} }, undefined],
  [{ type: "tool_result", tool_use_id: "c1", content: "blue" }, undefined],
])("%j becomes a part of Chat Completions, or text", (part, expected) => {
  expect(toChatPart(part)).toEqual(expected);
});

test.each([
  { type: "image_url", image_url: url },
  { type: "image_url", image_url: { url, detail: "low" } },
  { type: "file", file: { file_id: "file-1" } },
  { type: "video_url", video_url: { url } },
  { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
])("%j is kept", (part) => {
  expect(toChatPart(part)).toBe(part);
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
