import { expect, test } from "vitest";
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
