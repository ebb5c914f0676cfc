import type { JsonValue, StoredThread, ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { memoryBackend, base64 } from "./backend.test-helper.ts";

interface Message {
  readonly [member: string]: JsonValue;
}

const picture = `data:image/png;base64,${base64(60_000)}`;
const pictureMessage: Message = {
  role: "user",
  content: [
    { type: "text", text: "What does it show?" },
    { type: "image_url", image_url: { url: picture } },
  ],
};

/** Returns the serialized thread of a Chat Completions agent. */
function threadOf(messages: readonly Message[]): object {
  return { $type: "threadstore.thread", format: 1, kind: "chat", agent: "Joker", messages };
}

function messagesOf(saved: StoredThread | undefined): Message[] {
  return (saved?.thread["messages"] ?? []) as Message[];
}

/** Runs a turn of an agent (load, call the model, save) and returns the messages sent to the model. */
async function turn(store: ThreadStore, input: Message, maxMessages = Infinity): Promise<Message[]> {
  const saved = await store.load("support");
  const sent = [...messagesOf(saved), input].slice(-maxMessages);
  const answer = { role: "assistant", content: `I see ${sent.length} messages.` };
  await store.save("support", threadOf([...sent, answer]), { previous: saved });
  return sent;
}

it("an agent sends its picture in every turn, in other processes too, until a reducer drops it", async () => {
  const backend = memoryBackend();
  await turn(backend.open(), pictureMessage);
  for (let n = 0; n < 5; n += 1) {
    const sent = await turn(backend.open(), { role: "user", content: `And ${n}?` });
    expect(sent[0]).toEqual(pictureMessage);
  }
  expect(backend.idsIn().length).toBe(1);
  await turn(backend.open(), pictureMessage);
  expect(backend.idsIn().length).toBe(1);
  // A history reducer keeps the last messages, first with the picture and then without it.
  expect(await turn(backend.open(), { role: "user", content: "Short, please." }, 3)).toContainEqual(
    pictureMessage,
  );
  expect(await turn(backend.open(), { role: "user", content: "Shorter." }, 2)).not.toContainEqual(
    pictureMessage,
  );
  expect(backend.idsIn()).toEqual([]);
});

it("equal pictures of two threads are separate", async () => {
  const backend = memoryBackend();
  const store = backend.open();
  await store.save("one", threadOf([pictureMessage]));
  await store.save("two", threadOf([pictureMessage]));
  await store.delete("one");
  expect(messagesOf(await backend.open().load("two"))).toEqual([pictureMessage]);
});

it("concurrent requests that add pictures lose none", async () => {
  const backend = memoryBackend();
  const post = (store: ThreadStore, text: string): Promise<StoredThread | undefined> =>
    store.update("support", (current) =>
      threadOf([...messagesOf(current), { role: "user", content: `${picture}${text}AAAA` }]),
    );
  const texts = Array.from({ length: 8 }, (_, n) => `text${n}aaa`);
  await Promise.all(texts.map((text) => post(backend.open(), text)));
  const contents = messagesOf(await backend.open().load("support")).map(({ content }) => content);
  expect(new Set(contents)).toEqual(new Set(texts.map((text) => `${picture}${text}AAAA`)));
  expect(backend.idsIn().length).toBe(8);
});
