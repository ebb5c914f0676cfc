import { memoryStore } from "@threadstore/core";
import { withHistory } from "@threadstore/history";
import type { UIMessage } from "ai";
import { expect, it } from "vitest";
import { uiMessageStore } from "./index.ts";

function message(id: string, role: "assistant" | "user", text: string): UIMessage {
  return { id, role, parts: [{ type: "text", text }] };
}

function textsOf(messages: readonly UIMessage[] = []): string[] {
  return messages.map(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
}

/** Opens chats on a store with history, and has a conversation of two questions. */
async function twoAnswers() {
  const store = withHistory(memoryStore());
  const chats = uiMessageStore({ store });
  const answer = async (id: string, text: string): Promise<void> => {
    await chats.appendTrusted("talk", [message(id, "assistant", text)]);
  };
  await chats.append("talk", [message("q1", "user", "one?")], { trigger: "submit-message" });
  await answer("a1", "one!");
  await chats.append("talk", [message("q2", "user", "two?")], { trigger: "submit-message" });
  await answer("a2", "two!");
  return { store, chats, answer };
}

it("a regenerated answer stays in the history, and can be continued in a conversation of its own", async () => {
  const { store, chats, answer } = await twoAnswers();
  await chats.append("talk", [], { trigger: "regenerate-message", messageId: "a2" });
  await answer("a3", "two again!");
  expect(textsOf((await chats.load("talk"))?.messages)).toEqual(["one?", "one!", "two?", "two again!"]);
  const branches: string[][] = [];
  for (const [index, { version }] of (await store.versions("talk")).entries()) {
    await store.fork("talk", version, `fork-${index}`);
    branches.push(textsOf((await chats.load(`fork-${index}`))?.messages));
  }
  expect(branches).toEqual([
    ["one?", "one!", "two?", "two again!"],
    ["one?", "one!", "two?"],
    ["one?", "one!", "two?", "two!"],
    ["one?", "one!", "two?"],
    ["one?", "one!"],
    ["one?"],
  ]);
  const next = [message("q3", "user", "three?")];
  const forked = await chats.append("fork-2", next, { trigger: "submit-message" });
  expect(textsOf(forked.messages)).toEqual(["one?", "one!", "two?", "two!", "three?"]);
});

it("an edited question can be undone", async () => {
  const { store, chats, answer } = await twoAnswers();
  const [before] = await store.versions("talk");
  const edited = [message("q1", "user", "uno?")];
  await chats.append("talk", edited, { trigger: "submit-message", messageId: "q1" });
  await answer("a3", "uno!");
  expect(textsOf((await chats.load("talk"))?.messages)).toEqual(["uno?", "uno!"]);
  await store.restore("talk", before?.version ?? "");
  expect(textsOf((await chats.load("talk"))?.messages)).toEqual(["one?", "one!", "two?", "two!"]);
  const [, edit] = await store.versions("talk");
  const { members } = await store.diff("talk", before?.version ?? "", edit?.version ?? "");
  const { removed, added } = members.find(({ name }) => name === "messages") ?? {};
  expect(textsOf(removed as unknown as UIMessage[])).toEqual(["one?", "one!", "two?", "two!"]);
  expect(textsOf(added as unknown as UIMessage[])).toEqual(["uno?", "uno!"]);
});
