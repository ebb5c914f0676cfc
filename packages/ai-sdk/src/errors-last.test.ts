import { memoryStore } from "@threadstore/core";
import { convertToModelMessages, streamText, toUIMessageStream, type UIMessageChunk } from "ai";
import { expect, test } from "vitest";
import { delaySaves } from "./delay-saves.test-helper.ts";
import { errorsLast, uiMessageStore } from "./index.ts";
import { question, rejectingService } from "./rejected/rejecting-service.test-helper.ts";

/** Loads the chat when the error arrives, as a page does, and resolves with the ids of its rejected questions. */
async function rejectedIdsAtError(
  passOn: (chunks: ReadableStream<UIMessageChunk>) => ReadableStream<UIMessageChunk>,
): Promise<{ readonly ids: readonly string[] | undefined; readonly types: string[] }> {
  const store = memoryStore();
  const chats = uiMessageStore({ store });
  const conversation = await chats.append("talk", [question("q1", "one")], { trigger: "submit-message" });
  delaySaves(store);
  const { model } = rejectingService(() => ({ status: 400, error: { message: "Invalid content." } }));
  const { stream } = streamText({
    model,
    messages: await convertToModelMessages(conversation.promptMessages),
    maxRetries: 0,
    onError: () => undefined,
  });
  const types: string[] = [];
  let ids: readonly string[] | undefined;
  for await (const { type } of passOn(toUIMessageStream({ stream, ...chats.turn(conversation) }))) {
    types.push(type);
    if (type === "error") ids = (await chats.load("talk"))?.rejectedIds;
  }
  return { ids, types };
}

test("a page that loads the chat when an error arrives sees what was noted", async () => {
  const { ids, types } = await rejectedIdsAtError((chunks) => chunks.pipeThrough(errorsLast()));
  expect(ids).toEqual(["q1"]);
  expect(types.filter((type) => type === "error")).toEqual(["error"]);
  expect(types.at(-1)).toBe("error");
});

test("the SDK alone sends errors before the turn is saved", async () => {
  const { ids, types } = await rejectedIdsAtError((chunks) => chunks);
  expect(ids).toEqual([]);
  expect(types.filter((type) => type === "error")).toEqual(["error"]);
});
