import type { JsonValue, StoredThread, ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { backendInMemory, base64 } from "./tools.test-helper.ts";

interface Message {
  readonly [member: string]: JsonValue;
}

const picture = `data:image/png;base64,${base64(60_000)}`;
const withPicture: Message = {
  role: "user",
  content: [
    { type: "text", text: "What is on it?" },
    { type: "image_url", image_url: { url: picture } },
  ],
};

/** A thread as an agent of Chat Completions has it, in its serialized form. */
function threadOf(messages: readonly Message[]): object {
  return { $type: "threadstore.thread", format: 1, kind: "chat", agent: "Joker", messages };
}

function messagesOf(saved: StoredThread | undefined): Message[] {
  return (saved?.thread["messages"] ?? []) as Message[];
}

/** A turn of an agent: load, ask the model, save; and what the model was sent. */
async function turn(store: ThreadStore, input: Message, keep = Infinity): Promise<Message[]> {
  const saved = await store.load("support");
  const sent = [...messagesOf(saved), input].slice(-keep);
  const answer = { role: "assistant", content: `I see ${sent.length} messages.` };
  await store.save("support", threadOf([...sent, answer]), { previous: saved });
  return sent;
}

it("an agent sees its picture in every turn, in another process too, until it drops it", async () => {
  const backend = backendInMemory();
  await turn(backend.open(), withPicture);
  for (let n = 0; n < 5; n += 1) {
    const sent = await turn(backend.open(), { role: "user", content: `And ${n}?` });
    expect(sent[0]).toEqual(withPicture);
  }
  expect(backend.idsIn().length).toBe(1);
  await turn(backend.open(), withPicture);
  expect(backend.idsIn().length).toBe(1);
  // A reducer leaves the last two messages: the picture again, and then not.
  expect(await turn(backend.open(), { role: "user", content: "Short, please." }, 3)).toContainEqual(
    withPicture,
  );
  expect(await turn(backend.open(), { role: "user", content: "Shorter." }, 2)).not.toContainEqual(
    withPicture,
  );
  expect(backend.idsIn()).toEqual([]);
});

it("pictures of one thread are not another's, though they are the same", async () => {
  const backend = backendInMemory();
  const store = backend.open();
  await store.save("one", threadOf([withPicture]));
  await store.save("two", threadOf([withPicture]));
  await store.delete("one");
  expect(messagesOf(await backend.open().load("two"))).toEqual([withPicture]);
});

it("two requests that post pictures at once lose neither", async () => {
  const backend = backendInMemory();
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
