import assert from "node:assert/strict";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import {
  convertToModelMessages,
  createUIMessageStream,
  stepCountIs,
  streamText,
  tool,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Conversation,
  type UIMessageStore,
  uiMessageStore,
  type UIMessageStoreOptions,
} from "../index.ts";
import type { PostOptions } from "../post-messages.ts";
import {
  question,
  type Refusal,
  type RejectingService,
  rejectingService,
} from "./rejecting-service.test-helper.ts";
import { rejectionNotes } from "./rejection-notes.ts";

const REFUSED: Refusal = {
  status: 400,
  error: { message: "Invalid content.", code: "invalid_request_error" },
};

interface Chat {
  readonly store: ThreadStore;
  readonly chats: UIMessageStore<UIMessage>;
  readonly service: RejectingService;
  /** Posts a message as `useChat` does, and resolves with the text of the answer or the error. */
  ask(message: UIMessage, options?: PostOptions & { readonly signal?: AbortSignal }): Promise<string>;
  /** Continues the conversation as a page does that adds the result of its tool. */
  answer(conversation: Conversation<UIMessage>, signal?: AbortSignal): Promise<string>;
}

function startChat(
  refuse: (input: string) => Refusal | undefined,
  options: Partial<UIMessageStoreOptions<UIMessage>> = {},
  result = "BAD result",
): Chat {
  const store = memoryStore();
  const chats = uiMessageStore({ store, ...options });
  const service = rejectingService(refuse);
  const look = tool({ inputSchema: z.object({ what: z.string() }), execute: () => Promise.resolve(result) });
  const answer: Chat["answer"] = async (conversation, signal) => {
    const streaming = streamText({
      model: service.model,
      messages: await convertToModelMessages(conversation.promptMessages),
      tools: { look },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
      ...(signal === undefined ? {} : { abortSignal: signal }),
      onError: () => undefined,
    });
    let text = "";
    for await (const chunk of toUIMessageStream({ stream: streaming.stream, ...chats.turn(conversation) })) {
      if (chunk.type === "text-delta") text += chunk.delta;
      if (chunk.type === "error") text += "error";
    }
    return text;
  };
  return {
    store,
    chats,
    service,
    answer,
    async ask(message, { signal, ...post } = {}) {
      return answer(await chats.append("talk", [message], { trigger: "submit-message", ...post }), signal);
    },
  };
}

const refuseBad = (input: string): Refusal | undefined => (input.includes("BAD") ? REFUSED : undefined);

function refuseAs(
  status: number,
  error: Partial<Refusal["error"]> = {},
): (input: string) => Refusal | undefined {
  return (input) =>
    input.includes("BAD") ? { status, error: { message: "Refused.", ...error } } : undefined;
}

describe("a chat goes on after a question that is rejected for good", () => {
  test.each([
    ["a text, status 400", question("1", "BAD"), refuseAs(400)],
    [
      "a picture, status 400",
      question("1", "BAD", "image/png"),
      refuseAs(400, { param: "input[0].content[1]" }),
    ],
    ["a request that is too large", question("1", "BAD", "image/png"), refuseAs(413)],
    ["a type of media, status 415", question("1", "BAD", "image/png"), refuseAs(415)],
    ["status 422", question("1", "BAD", "image/png"), refuseAs(422)],
    ["the content filter", question("1", "BAD"), refuseAs(400, { code: "content_filter" })],
    ["a file that the SDK cannot send", question("1", "See file", "application/zip"), () => undefined],
    ["a sound that the SDK cannot send", question("1", "", "audio/ogg"), () => undefined],
    [
      "a text that is too long",
      question("1", "BAD".repeat(99)),
      refuseAs(400, { code: "context_length_exceeded" }),
    ],
  ])("%s", async (_name, rejected, refuse) => {
    const chat = startChat(refuse);
    expect(await chat.ask(question("0", "hi"))).toBe("fine");
    expect(await chat.ask(rejected)).toBe("error");
    expect(await chat.ask(question("2", "next"))).toBe("fine");
    expect(await chat.ask(question("3", "and then"))).toBe("fine");
    const loaded = await chat.chats.load("talk");
    expect(loaded?.messages.filter(({ role }) => role === "user").map(({ id }) => id)).toEqual([
      "0",
      "1",
      "2",
      "3",
    ]);
    expect(loaded?.messages.find(({ id }) => id === "1")?.parts).toEqual(rejected.parts);
    expect(loaded?.rejectedIds).toEqual(["1"]);
    expect(loaded?.promptMessages).toHaveLength((loaded?.messages.length ?? 0) - 1);
    expect(loaded?.findings).toEqual([]);
  });

  test("several in a row", async () => {
    const chat = startChat(refuseBad);
    for (const id of ["1", "2", "3"]) expect(await chat.ask(question(id, `BAD ${id}`))).toBe("error");
    expect(await chat.ask(question("4", "next"))).toBe("fine");
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["1", "2", "3"]);
  });

  test("one whose rejection no process noted", async () => {
    const chat = startChat(refuseBad);
    await chat.chats.append("talk", [question("1", "BAD")], { trigger: "submit-message" });
    expect(await chat.ask(question("2", "next"))).toBe("error");
    expect(await chat.ask(question("2", "next"), { trigger: "regenerate-message" })).toBe("fine");
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["1"]);
  });

  test("one of which the page sends the history", async () => {
    const chat = startChat(refuseBad);
    await chat.ask(question("1", "BAD"));
    const posted = [question("1", "BAD"), question("2", "next")];
    expect(await chat.answer(await chat.chats.append("talk", posted, { trigger: "submit-message" }))).toBe(
      "fine",
    );
    expect(await chat.answer(await chat.chats.append("talk", [...posted, question("3", "more")]))).toBe(
      "fine",
    );
  });

  test("in a conversation that is locked by a lease", async () => {
    const chat = startChat(refuseBad, { lease: true });
    expect(await chat.ask(question("1", "BAD"))).toBe("error");
    expect(await chat.ask(question("2", "next"))).toBe("fine");
  });

  test("while another tab asks", async () => {
    const chat = startChat(refuseBad);
    const asked = [question("1", "BAD"), question("2", "next")].map((message) => chat.ask(message));
    await Promise.all(asked);
    expect(await chat.ask(question("3", "and then"))).toBe("fine");
  });
});

describe("a rejected question is sent again", () => {
  test.each<[string, UIMessage, PostOptions]>([
    ["if it is regenerated", question("1", "BAD"), { trigger: "regenerate-message" }],
    [
      "if it is regenerated by its id",
      question("1", "BAD"),
      { trigger: "regenerate-message", messageId: "1" },
    ],
    ["if it is edited", question("1", "edited"), { messageId: "1" }],
    ["if it is replaced without a trigger", question("1", "edited"), { trigger: undefined }],
    ["if it is posted again", question("1", "BAD"), {}],
  ])("%s", async (_name, message, post) => {
    let isRejecting = true;
    const chat = startChat((input) => (isRejecting ? refuseBad(input) : undefined));
    await chat.ask(question("1", "BAD"));
    isRejecting = false;
    expect(await chat.ask(message, post)).toBe("fine");
    expect(chat.service.inputs.at(-1)).toContain(
      message.parts[0]?.type === "text" ? message.parts[0].text : "",
    );
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual([]);
    expect(await chat.ask(question("2", "next"))).toBe("fine");
    expect(chat.service.inputs.at(-1)).toMatch(/BAD|edited/u);
    expect((await chat.store.load("talk"))?.json).not.toContain("rejected");
  });

  test("if the application saves or appends another text", async () => {
    const chat = startChat(refuseBad);
    await chat.ask(question("1", "BAD"));
    const loaded = await chat.chats.load("talk");
    const saved = await chat.chats.save("talk", [question("1", "fixed")], { previous: loaded });
    expect(saved.rejectedIds).toEqual([]);
    await chat.ask(question("1", "BAD"), { messageId: "1" });
    expect((await chat.chats.appendTrusted("talk", [question("1", "fixed")])).rejectedIds).toEqual([]);
  });

  test("and is rejected again, as often as it is tried", async () => {
    const chat = startChat(refuseBad);
    for (const trigger of ["submit-message", "regenerate-message", "regenerate-message"] as const) {
      expect(await chat.ask(question("1", "BAD"), { trigger })).toBe("error");
      expect((await chat.chats.load("talk"))?.rejectedIds).toEqual(["1"]);
    }
    expect(await chat.ask(question("2", "next"))).toBe("fine");
  });
});

describe("a good question is not left out", () => {
  test.each([
    ["a rate limit", refuseAs(429), {}],
    ["a failure of the service", refuseAs(500), {}],
    ["an invalid key", refuseAs(401), {}],
    ["a missing right", refuseAs(403), {}],
    ["a missing model", refuseAs(404, { code: "model_not_found" }), {}],
    ["a timeout", refuseAs(408), {}],
    ["a conflict", refuseAs(409), {}],
    ["an invalid parameter", refuseAs(400, { code: "unsupported_parameter", param: "temperature" }), {}],
    ["an invalid schema of a tool", refuseAs(400, { param: "tools[0].parameters" }), {}],
    [
      "an account without credit",
      refuseAs(400, { message: "Your credit balance is too low to access the API." }),
      {},
    ],
    ["a key that is rejected with 400", refuseAs(400, { message: "API key not valid." }), {}],
    ["a decision of the application", refuseAs(400), { isRejection: () => false }],
  ])("after %s", async (_name, refuse, options) => {
    let isRejecting = true;
    const chat = startChat((input) => (isRejecting ? refuse(input) : undefined), options);
    await chat.ask(question("1", "BAD"));
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual([]);
    isRejecting = false;
    expect(await chat.ask(question("2", "next"))).toBe("fine");
    expect(chat.service.inputs.at(-1)).toContain("BAD");
  });

  test("after it was stopped", async () => {
    const chat = startChat(() => undefined);
    expect(await chat.ask(question("1", "hi"), { signal: AbortSignal.abort() })).toBe("");
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual([]);
  });

  test("if a long history is too long", async () => {
    const tooLong = refuseAs(400, { code: "context_length_exceeded" });
    let isRejecting = false;
    const chat = startChat((input) => (isRejecting ? tooLong(input) : undefined));
    await chat.ask(question("1", `BAD ${"history ".repeat(500)}`));
    isRejecting = true;
    expect(await chat.ask(question("2", "short"))).toBe("error");
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual([]);
  });
});

test("the application decides about errors that the package does not know", async () => {
  const errors: [unknown, boolean][] = [];
  const isRejection = (error: unknown, isRejected: boolean): boolean => errors.push([error, isRejected]) > 0;
  const chat = startChat(refuseAs(429), { isRejection });
  expect(await chat.ask(question("1", "BAD"))).toBe("error");
  expect(errors).toMatchObject([[{ statusCode: 429 }, false]]);
  expect(await chat.ask(question("2", "next"))).toBe("fine");
  expect(() => startChat(refuseBad, { isRejection: "all" as never })).toThrow(
    /`isRejection` must be a function/u,
  );
});

describe("a decision of the application that fails", () => {
  const partial: UIMessage = { id: "a", role: "assistant", parts: [{ type: "text", text: "partial" }] };

  test.each<[string, () => unknown, RegExp]>([
    ["throws", () => assert.fail("undecided"), /undecided/u],
    ["resolves", () => Promise.resolve(true), /`isRejection` must be a function that returns a boolean/u],
    [
      "rejects",
      () => Promise.reject(new Error("late")),
      /`isRejection` must be a function that returns a boolean/u,
    ],
    ["returns nothing", () => undefined, /`isRejection` must be a function that returns a boolean/u],
    ["returns a text", () => "yes", /`isRejection` must be a function that returns a boolean/u],
  ])("saves the partial answer and notes nothing: %s", async (_name, isRejection, message) => {
    const chat = startChat(refuseBad, { isRejection: isRejection as never });
    const conversation = await chat.chats.append("talk", [question("1", "hi")]);
    const turn = chat.chats.turn(conversation);
    const messages = [...conversation.messages, partial];
    const ending = turn.onEnd({ messages, outcome: { status: "failed", error: new Error("x") } });
    await expect(ending).rejects.toThrow(message);
    const loaded = await chat.chats.load("talk");
    expect(loaded?.messages.map(({ id }) => id)).toEqual(["1", "a"]);
    expect(loaded?.rejectedIds).toEqual([]);
  });
});

test("a decision that fails does not hide the error of the model from the page", () => {
  const notes = rejectionNotes(() => assert.fail("undecided"));
  expect(notes.noteError(new Error("x"))).toBe("An error occurred.");
  expect(notes.ofAnswer({})).toMatchObject({ failure: { error: { message: "undecided" } } });
  expect(notes.ofAnswer({ isAborted: true })).toEqual({});
  expect(notes.ofAnswer({ finishReason: "stop" })).toEqual({});
  notes.endStep();
  expect(notes.ofAnswer({})).toEqual({});
});

describe("a chat goes on after a result that is rejected", () => {
  test("in a later step of the turn", async () => {
    const chat = startChat(refuseBad);
    expect(await chat.ask(question("1", "look"))).toBe("error");
    const loaded = await chat.chats.load("talk");
    expect(loaded?.rejectedIds).toEqual([]);
    expect(JSON.stringify(loaded?.messages)).toContain("BAD result");
    expect(await chat.ask(question("2", "next"))).toBe("fine");
    expect(chat.service.inputs.at(-1)).toMatch(/"call_1".*This call has ended\./u);
    expect(await chat.ask(question("3", "and then"))).toBe("fine");
    expect(JSON.stringify((await chat.chats.load("talk"))?.messages)).toContain("BAD result");
  });

  test("and the same answer is continued", async () => {
    const chat = startChat(refuseBad);
    await chat.ask(question("1", "look"));
    const loaded = await chat.chats.load("talk");
    expect(loaded === undefined ? "" : await chat.answer(loaded)).toBe("fine");
    expect(await chat.ask(question("2", "next"))).toBe("fine");
  });

  test("if no process noted it", async () => {
    const chat = startChat(refuseBad);
    await chat.ask(question("1", "look"));
    const stored = await chat.store.load("talk");
    const { rejected: _marks, ...thread } = JSON.parse(stored?.json ?? "{}");
    await chat.store.save("talk", thread, { previous: stored });
    expect(await chat.ask(question("2", "next"))).toBe("error");
    expect(await chat.ask(question("3", "and then"))).toBe("fine");
    expect(await chat.ask(question("2", "next"), { trigger: "regenerate-message", messageId: "2" })).toBe(
      "fine",
    );
  });

  test("of a tool that runs in the page", async () => {
    const chat = startChat(refuseBad, { clientTools: ["look"] });
    await chat.chats.appendTrusted("talk", [
      question("1", "look"),
      {
        id: "2",
        role: "assistant",
        parts: [{ type: "tool-look", toolCallId: "c", state: "input-available", input: { what: "all" } }],
      },
    ]);
    const output = {
      type: "tool-look",
      toolCallId: "c",
      state: "output-available",
      input: { what: "all" },
    } as const;
    const posted: UIMessage = { id: "2", role: "assistant", parts: [{ ...output, output: "BAD" }] };
    expect(await chat.ask(posted)).toBe("error");
    expect(await chat.ask(question("3", "next"))).toBe("fine");
  });

  test("because it is too long", async () => {
    const tooLong = refuseAs(400, { code: "context_length_exceeded" });
    const chat = startChat(tooLong, {}, "BAD ".repeat(999));
    expect(await chat.ask(question("1", "look"))).toBe("error");
    expect(await chat.ask(question("2", "next"))).toBe("fine");
  });
});

describe("a chat goes on after an old message became unacceptable", () => {
  const expired = question("1", "See", "image/png", "https://files.test/old.png");
  const isOld = (input: string): boolean => input.includes("files.test/old.png");

  async function startExpired(refusal: Refusal): Promise<Chat> {
    let isExpired = false;
    const chat = startChat((input) => (isExpired && isOld(input) ? refusal : undefined));
    expect(await chat.ask(expired)).toBe("fine");
    isExpired = true;
    return chat;
  }

  test("whose URL has expired", async () => {
    const chat = await startExpired(REFUSED);
    expect(await chat.ask(question("2", "next"))).toBe("error");
    expect(await chat.ask(question("2", "next"), { trigger: "regenerate-message" })).toBe("error");
    expect(await chat.ask(question("2", "next"), { trigger: "regenerate-message" })).toBe("fine");
    expect(chat.service.inputs.at(-1)).toContain("A file was left out");
    expect(await chat.ask(question("3", "and then"))).toBe("fine");
    const loaded = await chat.chats.load("talk");
    expect(loaded?.messages[0]?.parts).toEqual(expired.parts);
    expect(loaded?.rejectedIds).toEqual([]);
  });

  test("although the user only asks other questions", async () => {
    const chat = await startExpired(REFUSED);
    expect(await chat.ask(question("2", "next"))).toBe("error");
    expect(await chat.ask(question("3", "next"))).toBe("error");
    expect(await chat.ask(question("4", "next"))).toBe("fine");
  });

  test("although the user only sends pictures", async () => {
    const chat = await startExpired(REFUSED);
    for (const id of ["2", "3", "4", "5"]) {
      expect(await chat.ask(question(id, "And this?", "image/png"))).toBe("error");
    }
    expect(await chat.ask(question("6", "And this?", "image/png"))).toBe("fine");
  });

  test("of which the service does not store an item any more", async () => {
    const message = "Item with id 'msg_1' not found.";
    let isGone = false;
    const chat = startChat((input) => {
      return isGone && input.includes("msg_1") ? { status: 404, error: { message } } : undefined;
    });
    expect(await chat.ask(question("1", "hi"))).toBe("fine");
    isGone = true;
    expect(await chat.ask(question("2", "next"))).toBe("error");
    expect((await chat.chats.load("talk"))?.rejectedIds).toEqual([]);
    expect(await chat.ask(question("3", "and then"))).toBe("fine");
  });

  test("and keeps it if it was not the reason", async () => {
    let isRejecting = false;
    const chat = startChat(() => (isRejecting ? REFUSED : undefined));
    expect(await chat.ask(expired)).toBe("fine");
    isRejecting = true;
    for (const id of ["2", "3", "4"]) expect(await chat.ask(question(id, "next"))).toBe("error");
    isRejecting = false;
    expect(await chat.ask(question("5", "next"))).toBe("fine");
    expect(chat.service.inputs.at(-1)).toContain("files.test/old.png");
  });
});

test("a composed stream reports the rejection by its outcome", async () => {
  const chats = uiMessageStore({ store: memoryStore() });
  const { model } = rejectingService(refuseBad);
  const conversation = await chats.append("talk", [question("1", "BAD")], { trigger: "submit-message" });
  const messages = await convertToModelMessages(conversation.promptMessages);
  const stream = createUIMessageStream({
    ...chats.turn(conversation),
    execute: ({ writer }) => {
      const onError = ({ error }: { readonly error: unknown }): void => {
        writer.setOutcome({ status: "failed", error });
      };
      const streaming = streamText({ model, messages, maxRetries: 0, onError });
      writer.merge(toUIMessageStream({ stream: streaming.stream }));
    },
  });
  await stream.pipeTo(new WritableStream());
  expect((await chats.load("talk"))?.rejectedIds).toEqual(["1"]);
});
