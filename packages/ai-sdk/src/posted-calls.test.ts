import { memoryStore } from "@threadstore/core";
import type { UIMessage } from "ai";
import { describe, expect, test } from "vitest";
import { ConversationError, uiMessageStore } from "./index.ts";

type Part = UIMessage["parts"][number];

const INPUT = { amount: 5, due: new Date(0) };
const SUBMIT = { trigger: "submit-message", messageId: "a" } as const;
const REGENERATE = { trigger: "regenerate-message" } as const;

function message(id: string, role: "assistant" | "user", ...parts: object[]): UIMessage {
  return { id, role, parts: parts as Part[] };
}

const text = (content: string): object => ({ type: "text", text: content });
const question = message("q", "user", text("Pay."));
const call = (state: string, more: object = {}): object => {
  return { type: "tool-pay", toolCallId: "c", state, input: INPUT, ...more };
};
const answer = (...parts: object[]): UIMessage => message("a", "assistant", ...parts);
const requested = call("approval-requested", { approval: { id: "1" } });
const approved = call("approval-responded", { approval: { id: "1", approved: true } });
const denied = call("approval-responded", { approval: { id: "1", approved: false, reason: "no" } });
const available = call("input-available");
const result = (output: unknown): object => call("output-available", { output });
const second = { ...call("input-available"), toolCallId: "d" };

/** Returns the message as a page sends it. */
const ofPage = (posted: UIMessage): UIMessage => JSON.parse(JSON.stringify(posted)) as UIMessage;

describe("a decision or result of a page", () => {
  test.each<[string, UIMessage[], UIMessage]>([
    ["an approval", [answer(requested)], answer(approved)],
    ["a denial", [answer(requested)], answer(denied)],
    ["the result of a page's tool", [answer(available)], answer(result({ at: new Date(1) }))],
    ["one of two results", [answer(available, second)], answer(result(1), second)],
    [
      "the other result",
      [answer(result({ at: new Date(1), n: 1n }), second)],
      answer(result({ at: new Date(1), n: "1" }), { ...second, state: "output-available", output: 2 }),
    ],
    [
      "an approval after an answered step",
      [answer(result(NaN), { ...requested, toolCallId: "d" })],
      answer(result(NaN), { ...approved, toolCallId: "d" }),
    ],
    ["an unchanged answer, to continue it", [answer(result(1))], answer(result(1))],
    [
      "a result for an earlier answer",
      [answer(available), message("q2", "user", text("?"))],
      answer(result(1)),
    ],
    [
      "an approval after a denial by an earlier request",
      [answer(denied, { ...requested, toolCallId: "d" })],
      answer(denied, { ...approved, toolCallId: "d" }),
    ],
    [
      "a result while another tool of the page was approved",
      [answer(approved, second)],
      answer(approved, { ...second, state: "output-available", output: 1 }),
    ],
    [
      "one of two approved results of the page",
      [answer(approved, { ...approved, toolCallId: "d" })],
      answer(approved, { ...approved, toolCallId: "d", state: "output-available", output: 1 }),
    ],
  ])("is stored: %s", async (_, stored, posted) => {
    const store = memoryStore();
    const chats = uiMessageStore({ store, clientTools: ["pay"] });
    await chats.appendTrusted("talk", [question, ...stored]);
    const { messages } = await chats.append("talk", [ofPage(posted)], SUBMIT);
    const changed = messages.find(({ id }) => id === "a") ?? question;
    expect(ofPage(changed).parts).toEqual(ofPage(posted).parts);
    // The arguments keep the types that a page does not know.
    expect(JSON.stringify(await store.load("talk").then((thread) => thread?.thread))).toContain("$date");
  });

  test.each<[string, UIMessage[], UIMessage]>([
    ["a second approval", [answer(approved)], answer(approved)],
    ["a denial after the approval", [answer(approved)], answer(denied)],
    ["an approval after the denial", [answer(denied)], answer(approved)],
    ["an approval after the call ran", [answer(result(1))], answer(approved)],
    ["the request, after it was approved", [answer(approved)], answer(requested)],
    [
      "the decision about one call, which withdraws that about another",
      [answer(approved, { ...requested, toolCallId: "d" })],
      answer(requested, { ...approved, toolCallId: "d" }),
    ],
    ["other arguments", [answer(requested)], answer({ ...approved, input: { ...INPUT, amount: 500 } })],
    ["another date", [answer(requested)], answer({ ...approved, input: { ...INPUT, due: new Date(1) } })],
    ["another tool", [answer(requested)], answer({ ...approved, type: "tool-pay-all" })],
    ["another approval", [answer(requested)], answer({ ...approved, approval: { id: "2", approved: true } })],
    ["a call that did not ask", [answer(available)], answer(approved)],
    ["a call that the model did not make", [answer(text("Hello."))], answer(text("Hello."), approved)],
    [
      "another call of the same answer",
      [answer(requested)],
      answer(requested, { ...approved, toolCallId: "d" }),
    ],
    ["an answer that does not exist any more", [message("b", "assistant", text("Again."))], answer(approved)],
    ["a result for an answer that does not exist any more", [], answer(result(1))],
    [
      "a call that a question follows",
      [answer(requested), message("q2", "user", text("?"))],
      answer(approved),
    ],
    [
      "a call that another answer follows",
      [answer(requested), message("b", "assistant", text("?"))],
      answer(approved),
    ],
    ["another result", [answer(result(1))], answer(result(2))],
    ["an error after the result", [answer(result(1))], answer(call("output-error", { errorText: "no" }))],
    ["a request that waits, as it was being written", [answer(requested)], answer(call("input-streaming"))],
    ["a call that ran, as it was being written", [answer(result(1))], answer(call("input-streaming"))],
    ["a result whose answer continued", [answer(result(1), text("Done."))], answer(result(1))],
  ])("is refused: %s", async (_, stored, posted) => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const before = await chats.appendTrusted("talk", [question, ...stored]);
    const isApproved = JSON.stringify(posted).includes('"approved":true');
    for (const options of isApproved ? [SUBMIT, REGENERATE] : [SUBMIT]) {
      const posting = chats.append("talk", [ofPage(posted)], options);
      await expect(posting).rejects.toMatchObject({ code: "CONFLICT", unsaved: [ofPage(posted)] });
    }
    expect((await chats.load("talk"))?.version).toBe(before.version);
  });

  // The process that an earlier request reached may have died, or may still be running the tool.
  test.each<[string, object[]]>([
    ["with the earlier call", [approved, { ...approved, toolCallId: "d" }]],
    ["without the earlier call", [{ ...approved, toolCallId: "d" }]],
    ["with the earlier call incomplete", [call("input-streaming"), { ...approved, toolCallId: "d" }]],
  ])("does not run a call again that an earlier request approved: %s", async (_, posted) => {
    const chats = uiMessageStore({ store: memoryStore() });
    const other = { ...requested, toolCallId: "d" };
    await chats.appendTrusted("talk", [question, answer(approved, other)]);
    const { messages } = await chats.append("talk", [ofPage(answer(...posted))], SUBMIT);
    expect(messages[1]?.parts).toMatchObject([
      {
        toolCallId: "c",
        state: "output-error",
        errorText: expect.stringContaining("It is unknown") as unknown,
      },
      { toolCallId: "d", state: "approval-responded" },
    ]);
  });

  test("is refused after the answer was generated again or its question was edited", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    for (const options of [REGENERATE, { trigger: "submit-message", messageId: "q" } as const]) {
      await chats.appendTrusted("talk", [question, answer(requested)]);
      const edited = message("q", "user", text(options.trigger));
      await chats.append("talk", [edited], options);
      const posting = chats.append("talk", [ofPage(answer(approved))], SUBMIT);
      await expect(posting).rejects.toMatchObject({ code: "CONFLICT" });
      expect((await chats.load("talk"))?.messages).toEqual([edited]);
    }
  });

  test("applies to an answer that was stored without an id", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const thread = (messages: object[]): object => {
      return { format: "threadstore.thread", version: 1, kind: "ai-sdk-ui-messages", messages };
    };
    const { id: _, ...unnamed } = ofPage(answer({ ...requested, input: { amount: 5 } }));
    await store.save("talk", thread([question, unnamed]));
    const shown = (await chats.load("talk"))?.messages.at(-1);
    const posted = { ...shown, parts: [{ ...approved, input: { amount: 5 } }] } as UIMessage;
    await chats.append("talk", [posted], { trigger: "submit-message", messageId: posted.id });
    await expect(chats.append("talk", [posted], SUBMIT)).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

test("with a lease, of 8 clicks in two processes one runs the tool", async () => {
  const store = memoryStore();
  const processes = [uiMessageStore({ store, lease: true }), uiMessageStore({ store, lease: true })];
  await processes[0]?.appendTrusted("talk", [question, answer(requested)]);
  let runs = 0;
  const clicks = Array.from({ length: 8 }, async (_, index) => {
    const chats = processes[index % 2];
    if (chats === undefined) return;
    const conversation = await chats.append("talk", [ofPage(answer(approved))], SUBMIT);
    runs += 1;
    const turn = chats.turn(conversation);
    await turn.onEnd({ messages: [question, answer(result("paid"), text("Done."))], finishReason: "stop" });
  });
  const outcomes = await Promise.allSettled(clicks);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  expect(reasons).toHaveLength(7);
  expect(reasons.every((reason) => ConversationError.is(reason, "CONFLICT"))).toBe(true);
  expect(runs).toBe(1);
});
