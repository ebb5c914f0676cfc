import { memoryStore, type ThreadStore } from "@threadstore/core";
import { DownloadError, type UIMessage } from "ai";
import { describe, expect, test } from "vitest";
import { type Conversation, type UIMessageStore, uiMessageStore } from "../index.ts";
import type { PostOptions } from "../post-messages.ts";
import { question } from "./rejecting-service.test-helper.ts";
import { rejectionNotes } from "./rejection-notes.ts";

const REJECTION = Object.assign(new Error("Invalid content."), { statusCode: 400 });

const CALL = {
  type: "tool-look",
  toolCallId: "c",
  state: "output-available",
  input: {},
  output: "all",
} as const;

type Parts = UIMessage["parts"];

interface Chat {
  readonly store: ThreadStore;
  readonly chats: UIMessageStore<UIMessage>;
  post(message: UIMessage, options?: PostOptions): Promise<Conversation<UIMessage>>;
  /** The ids of the messages that the model receives. */
  prompt(): Promise<string[] | undefined>;
}

function startChat(): Chat {
  const store = memoryStore();
  const chats = uiMessageStore({ store });
  return {
    store,
    chats,
    post: (message, options) => {
      return chats.append("talk", [message], { trigger: "submit-message", ...options });
    },
    async prompt() {
      return (await chats.load("talk"))?.promptMessages.map(({ id }) => id);
    },
  };
}

/** Ends a turn as the SDK does: with an answer, or with the rejection of its request. */
interface OpenTurn {
  step(...parts: Parts): Promise<void>;
  answer(...parts: Parts): Promise<void>;
  reject(...parts: Parts): Promise<void>;
  fail(error: unknown): Promise<void>;
}

function startTurn(chat: Chat, conversation: Conversation<UIMessage>, answerId: string): OpenTurn {
  const turn = chat.chats.turn(conversation);
  const withAnswer = (parts: Parts): UIMessage[] => {
    return [...conversation.messages, { id: answerId, role: "assistant", parts }];
  };
  return {
    step: (...parts) => turn.onStepEnd({ messages: withAnswer(parts) }),
    answer: (...parts) => {
      return turn.onEnd({
        messages: withAnswer(parts),
        finishReason: "stop",
        outcome: { status: "completed" },
      });
    },
    reject: (...parts) => {
      return turn.onEnd({ messages: withAnswer(parts), outcome: { status: "failed", error: REJECTION } });
    },
    fail: (error) => turn.onEnd({ messages: withAnswer([]), outcome: { status: "failed", error } }),
  };
}

const fine = { type: "text", text: "fine" } as const;

describe("a question that is rejected while another tab's question is answered", () => {
  test.each<[string, (first: OpenTurn, second: OpenTurn) => Promise<void>]>([
    [
      "before that answer ends",
      async (first, second) => {
        await second.reject();
        await first.answer(fine);
      },
    ],
    [
      "after that answer ended",
      async (first, second) => {
        await first.answer(fine);
        await second.reject();
      },
    ],
    [
      "between its steps",
      async (first, second) => {
        await first.step(CALL);
        await second.reject();
        await first.answer(CALL, fine);
      },
    ],
  ])("is left out alone: %s", async (_name, end) => {
    const chat = startChat();
    const first = startTurn(chat, await chat.post(question("1", "good")), "a1");
    const second = startTurn(chat, await chat.post(question("2", "BAD")), "a2");
    await end(first, second);
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["2"]);
    expect(await chat.prompt()).toEqual(["1", "a1"]);
  });

  test("does not hide results that the service accepted", async () => {
    const chat = startChat();
    const first = startTurn(chat, await chat.post(question("1", "good")), "a1");
    await first.step(CALL);
    await startTurn(chat, await chat.post(question("2", "BAD")), "a2").reject();
    await first.answer(CALL, fine);
    const loaded = await chat.chats.load("talk");
    expect(loaded?.rejectedIds).toEqual(["2"]);
    expect(loaded?.promptMessages[1]?.parts).toEqual([CALL, fine]);
  });
});

describe("a question whose rejection no process noted, before the answer to another tab's question", () => {
  async function startUnnoted(text: string): Promise<Chat & { readonly second: OpenTurn }> {
    const chat = startChat();
    const first = startTurn(chat, await chat.post(question("1", "good")), "a1");
    const second = startTurn(chat, await chat.post(question("2", text)), "a2");
    await first.step(CALL);
    await first.answer(CALL, fine);
    expect(await chat.prompt()).toEqual(["1", "2", "a1"]);
    return { ...chat, second };
  }

  test("is left out with the next question", async () => {
    const chat = await startUnnoted("BAD");
    await startTurn(chat, await chat.post(question("3", "next")), "a3").reject();
    expect(await chat.prompt()).toEqual(["1", "a1"]);
    await startTurn(chat, await chat.post(question("4", "more")), "a4").answer(fine);
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["2", "3"]);
    await startTurn(chat, await chat.post(question("5", "BAD")), "a5").reject();
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["2", "3", "5"]);
  });

  test("is left out although further answers of other tabs follow", async () => {
    const chat = startChat();
    const first = startTurn(chat, await chat.post(question("1", "good")), "a1");
    const third = startTurn(chat, await chat.post(question("3", "good")), "a3");
    await chat.post(question("2", "BAD"));
    await first.answer(fine);
    await third.answer(fine);
    await startTurn(chat, await chat.post(question("4", "next")), "a4").reject();
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["2", "4"]);
  });

  test.each<[string, (chat: Chat & { readonly second: OpenTurn }) => Promise<void>]>([
    ["its own answer ends", ({ second }) => second.answer(fine)],
    [
      "a later question is answered",
      async (chat) => startTurn(chat, await chat.post(question("3", "next")), "a3").answer(fine),
    ],
  ])("is accepted if %s", async (_name, accept) => {
    const chat = await startUnnoted("good");
    await accept(chat);
    expect((await chat.store.load("talk"))?.json).not.toContain("rejected");
    await startTurn(chat, await chat.post(question("4", "BAD")), "a4").reject();
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["4"]);
  });

  test("is accepted if an answer that was sent it ends later", async () => {
    const chat = startChat();
    const first = startTurn(chat, await chat.post(question("1", "good")), "a1");
    await chat.post(question("2", "good"));
    const third = startTurn(chat, await chat.post(question("3", "good")), "a3");
    await first.answer(fine);
    await third.answer(fine);
    expect((await chat.store.load("talk"))?.json).not.toContain("rejected");
  });

  test("is accepted if its answer was stored first", async () => {
    const chat = startChat();
    const first = startTurn(chat, await chat.post(question("1", "good")), "a1");
    await startTurn(chat, await chat.post(question("2", "good")), "a2").answer(fine);
    await first.answer(fine);
    expect((await chat.store.load("talk"))?.json).not.toContain("rejected");
  });
});

describe("a rejected question before a later answer that the application edits", () => {
  async function startEdited(text: string): Promise<Chat> {
    const chat = startChat();
    await startTurn(chat, await chat.post(question("1", "BAD")), "a1").reject();
    await startTurn(chat, await chat.post(question("2", "next")), "a2").answer(fine);
    await chat.chats.append("talk", [question("1", text)]);
    expect(await chat.prompt()).toEqual(["1", "2", "a2"]);
    return chat;
  }

  test("is left out again if it is still rejected", async () => {
    const chat = await startEdited("BAD again");
    await startTurn(chat, await chat.post(question("3", "more")), "a3").reject();
    expect(await chat.prompt()).toEqual(["2", "a2"]);
    const again = await chat.post(question("3", "more"), { trigger: "regenerate-message" });
    await startTurn(chat, again, "a3").answer(fine);
    expect(await chat.prompt()).toEqual(["2", "a2", "3", "a3"]);
  });

  test("is not blamed any more once it was accepted", async () => {
    const chat = await startEdited("good");
    await startTurn(chat, await chat.post(question("3", "more")), "a3").answer(fine);
    await startTurn(chat, await chat.post(question("4", "BAD")), "a4").reject();
    expect(await chat.prompt()).toEqual(["1", "2", "a2", "3", "a3"]);
  });
});

describe("a note is forgotten with its message", () => {
  test.each<[string, (chat: Chat) => Promise<unknown>]>([
    ["appended by the application", ({ chats }) => chats.appendTrusted("talk", [question("1", "other")])],
    [
      "saved by the application",
      async ({ chats }) => {
        const previous = await chats.load("talk");
        return chats.save("talk", [...(previous?.messages ?? []), question("1", "other")], { previous });
      },
    ],
    ["merged", ({ chats }) => chats.save("talk", [question("1", "other")], { onConflict: "merge" })],
  ])("although another message has its id: %s", async (_name, add) => {
    const chat = startChat();
    await startTurn(chat, await chat.post(question("1", "BAD")), "a1").reject();
    const loaded = await chat.chats.load("talk");
    expect(loaded?.rejectedIds).toEqual(["1"]);
    await chat.chats.save("talk", [], { previous: loaded });
    await add(chat);
    expect(await chat.prompt()).toEqual(["1"]);
    expect((await chat.store.load("talk"))?.json).not.toContain("rejected");
  });

  test("that a regeneration discards", async () => {
    const chat = startChat();
    await startTurn(chat, await chat.post(question("1", "good")), "a1").answer(fine);
    await startTurn(chat, await chat.post(question("2", "BAD")), "a2").reject();
    await chat.post(question("1", "good"), { trigger: "regenerate-message", messageId: "a1" });
    expect((await chat.store.load("talk"))?.json).not.toContain("rejected");
  });
});

test.each<[string, Parts]>([
  ["no part", []],
  [
    "two incomplete calls",
    ["x", "y"].map(
      (id) => ({ ...CALL, toolCallId: id, state: "input-streaming", output: undefined }) as never,
    ),
  ],
  ["two copies of its call", [CALL, CALL]],
])("only the rejected result is left out, if the answer had %s before it", async (_name, dropped) => {
  const chat = startChat();
  const answer: UIMessage = { id: "a1", role: "assistant", parts: [...dropped, CALL] };
  await startTurn(chat, await chat.chats.appendTrusted("talk", [question("1", "look"), answer]), "a1").reject(
    CALL,
  );
  const again = await chat.chats.appendTrusted("talk", []);
  const other = { ...CALL, toolCallId: "d" };
  await startTurn(chat, again, "a1").step(CALL, other);
  const parts = (await chat.chats.load("talk"))?.promptMessages[1]?.parts;
  expect(parts).toMatchObject([{ toolCallId: "c", state: "output-error" }, other]);
});

describe("a file that cannot be downloaded and is in no file part", () => {
  const url = "https://x.test/a.png";
  const gone = new DownloadError({ url, statusCode: 404 });
  const data = (id: string): UIMessage => ({
    id,
    role: "user",
    parts: [{ type: "data-picture", data: { pictures: [{ url }] } }],
  });

  test.each<[string, UIMessage]>([
    ["a data part", data("1")],
    ["a text that the application converts", question("1", `See ${url}`)],
    ["a question with another file", question("1", "See", "image/png", "https://x.test/b.png")],
  ])("leaves out the question: %s", async (_name, asked) => {
    const chat = startChat();
    await startTurn(chat, await chat.post(asked), "a1").fail(gone);
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["1"]);
    await startTurn(chat, await chat.post(question("2", "next")), "a2").answer(fine);
    expect(await chat.prompt()).toEqual(["2", "a2"]);
  });

  test("leaves out unread results", async () => {
    const chat = startChat();
    const turn = startTurn(chat, await chat.post(question("1", "look")), "a1");
    await turn.step({ ...CALL, output: { url } });
    await startTurn(chat, await chat.post(question("2", "next")), "a2").fail(gone);
    const loaded = await chat.chats.load("talk");
    expect(loaded?.rejectedIds).toEqual(["2"]);
    expect(JSON.stringify(loaded?.promptMessages)).not.toContain(url);
  });

  test.each<[string, UIMessage, string[]]>([
    ["alone if it has the URL", data("1"), ["1"]],
    ["with the next one otherwise", question("1", `See ${url}`), ["1", "2"]],
  ])("leaves out a question that was never answered: %s", async (_name, asked, rejectedIds) => {
    const chat = startChat();
    await chat.post(asked);
    await startTurn(chat, await chat.post(question("2", "next")), "a2").fail(gone);
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(rejectedIds);
  });

  test("leaves out the files of older messages after two questions", async () => {
    const chat = startChat();
    const picture = question("1", "See", "image/png", "attachment://a");
    await startTurn(chat, await chat.post(picture), "a1").answer(fine);
    for (const id of ["2", "3"]) {
      await startTurn(chat, await chat.post(question(id, "next")), `a${id}`).fail(gone);
    }
    expect((await chat.chats.load("talk"))?.promptMessages[0]?.parts).not.toEqual(picture.parts);
  });

  test.each<[string, UIMessage]>([
    ["a data part", data("1")],
    [
      "a data part among others",
      { ...data("1"), parts: [{ type: "text", text: "See" }, ...data("1").parts] },
    ],
  ])("leaves out only an old file: %s", async (_name, old) => {
    const chat = startChat();
    await startTurn(chat, await chat.post(old), "a1").answer(fine);
    await startTurn(chat, await chat.post(question("2", "next")), "a2").fail(gone);
    const loaded = await chat.chats.load("talk");
    expect(loaded?.rejectedIds).toEqual([]);
    expect(JSON.stringify(loaded?.promptMessages)).not.toContain(url);
    expect(JSON.stringify(loaded?.messages)).toContain(url);
  });
});

test("files that were not the reason are sent again, although the question that was in doubt is gone", async () => {
  const chat = startChat();
  const picture = question("1", "See", "image/png");
  await startTurn(chat, await chat.post(picture), "a1").answer(fine);
  for (const id of ["2", "3"]) {
    await startTurn(chat, await chat.post(question(id, "next")), `a${id}`).reject();
  }
  expect((await chat.chats.load("talk"))?.promptMessages[0]?.parts).not.toEqual(picture.parts);
  for (let attempt = 0; attempt < 2; attempt++) {
    const again = await chat.post(question("2", "next"), { trigger: "regenerate-message", messageId: "2" });
    await startTurn(chat, again, "a2").reject();
  }
  expect((await chat.chats.load("talk"))?.promptMessages[0]?.parts).toEqual(picture.parts);
});

test.each<[string, unknown]>([
  ["a text", "1"],
  ["a list", ["1"]],
  ["no mark", { "1": null, "2": 7 }],
  ["marks of unknown messages", JSON.parse('{"7":{"times":1},"__proto__":{"times":1}}')],
  ["results that are a number", { "2": { results: 1 } }],
  ["results without ids", { "2": { results: [] } }],
  ["results of a wrong type", { "2": { results: [1] } }],
  ["counts without a rejection", { "1": { times: 0 } }],
  ["invalid members", { "1": { times: -1, retried: 3, results: "2", portableSince: 4 } }],
  ["counts of questions at answers", { "2": { times: 3 } }],
])("stored notes that are %s leave out nothing", async (_name, rejected) => {
  const chat = startChat();
  await startTurn(chat, await chat.post(question("1", "good")), "2").answer(fine);
  const stored = await chat.store.load("talk");
  await chat.store.save("talk", { ...JSON.parse(stored?.json ?? ""), rejected }, { previous: stored });
  const loaded = await chat.chats.load("talk");
  expect(loaded).toMatchObject({ rejectedIds: [], promptMessages: loaded?.messages });
  await startTurn(chat, await chat.post(question("3", "BAD")), "4").reject();
  expect(await chat.prompt()).toEqual(["1", "2"]);
});

test.each(["__proto__", "constructor", "toString"])(
  "the id %j of a question is one like others",
  async (id) => {
    const chat = startChat();
    await startTurn(chat, await chat.post(question(id, "BAD")), "a").reject();
    await startTurn(chat, await chat.post(question("2", "next")), "b").answer(fine);
    expect(await chat.prompt()).toEqual(["2", "b"]);
  },
);

test("an error of a tool is not a rejection of an answer that the user stopped", () => {
  const notes = rejectionNotes(undefined);
  notes.noteError(REJECTION);
  expect(notes.ofAnswer({ isAborted: true })).toEqual({});
  expect(notes.ofAnswer({})).toEqual({ rejection: { about: "content" } });
});
