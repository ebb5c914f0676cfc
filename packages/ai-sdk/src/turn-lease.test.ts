import { memoryStore, type ThreadStore } from "@threadstore/core";
import type { UIMessage } from "ai";
import { expect, test } from "vitest";
import { type TurnLeaseOptions, uiMessageStore, type UIMessageStore } from "./index.ts";

const trigger = "submit-message";

function question(id: string): UIMessage {
  return { id, role: "user", parts: [{ type: "text", text: `question ${id}` }] };
}

function answer(id: string): UIMessage {
  return { id, role: "assistant", parts: [{ type: "text", text: `answer ${id}` }] };
}

/** Creates the stores of two processes. */
function setUp(lease: boolean | TurnLeaseOptions = true): {
  readonly store: ThreadStore;
  readonly left: UIMessageStore<UIMessage>;
  readonly right: UIMessageStore<UIMessage>;
  readonly isLeased: () => Promise<boolean>;
} {
  const store = memoryStore();
  const isLeased = async (): Promise<boolean> =>
    (await store.namespace("threadstore-leases").load("talk")) !== undefined;
  return { store, left: uiMessageStore({ store, lease }), right: uiMessageStore({ store, lease }), isLeased };
}

const idsOf = (messages: readonly UIMessage[] = []): string[] => messages.map(({ id }) => id);

test.each(["onEnd", "onFinish"] as const)("requests take turns until %s", async (end) => {
  const { left, right, isLeased } = setUp();
  const other = setUp();
  const posts = Array.from({ length: 8 }, async (_, index) => {
    const chats = index % 2 === 0 ? left : right;
    const conversation = await chats.append("talk", [question(`q${index}`)], { trigger });
    const turn = chats.turn(conversation);
    const messages = [...turn.originalMessages, answer(`a${index}`)];
    await turn.onStepEnd({ messages });
    expect(await isLeased()).toBe(true);
    await turn[end]({ messages, finishReason: "stop" });
    return idsOf(messages);
  });
  const lists = (await Promise.all(posts)).toSorted((a, b) => a.length - b.length);
  const stored = idsOf((await left.load("talk"))?.messages);
  expect(stored).toHaveLength(16);
  // Each turn knew all earlier questions and answers.
  expect(lists).toEqual(lists.map((_, index) => stored.slice(0, 2 * index + 2)));
  expect(await isLeased()).toBe(false);
  expect(await other.left.load("talk")).toBeUndefined();
});

test("without the option, both questions and both answers are stored, and each answer misses the other", async () => {
  const { left, right, isLeased } = setUp(false);
  const turns = [];
  for (const [chats, id] of [
    [left, "1"],
    [right, "2"],
  ] as const) {
    turns.push(chats.turn(await chats.append("talk", [question(id)], { trigger })));
  }
  expect(turns.map(({ originalMessages }) => originalMessages.length)).toEqual([1, 2]);
  for (const [index, turn] of turns.entries()) {
    await turn.onEnd({ messages: [...turn.originalMessages, answer(`a${index}`)] });
  }
  expect(idsOf((await left.load("talk"))?.messages)).toEqual(["1", "2", "a0", "a1"]);
  expect(await isLeased()).toBe(false);
});

test("a repeated request waits for the answer, and is then refused", async () => {
  const { left, right } = setUp();
  const turn = left.turn(await left.append("talk", [question("1")], { trigger }));
  const repeated = right.append("talk", [question("1")], { trigger });
  repeated.catch(() => undefined);
  await turn.onEnd({ messages: [...turn.originalMessages, answer("2")] });
  await expect(repeated).rejects.toMatchObject({ code: "CONFLICT" });
  expect(idsOf((await left.load("talk"))?.messages)).toEqual(["1", "2"]);
});

test.each<
  [string, (turn: ReturnType<UIMessageStore<UIMessage>["turn"]>, store: ThreadStore) => Promise<unknown>]
>([
  ["was stopped", (turn) => turn.onEnd({ messages: [...turn.originalMessages], isAborted: true })],
  ["failed", (turn) => turn.onEnd({ messages: [...turn.originalMessages], outcome: { status: "failed" } })],
  [
    "could not be saved",
    async (turn, store) => {
      await store.delete("talk");
      const ending = turn.onEnd({ messages: [...turn.originalMessages, answer("2")] });
      await expect(ending).rejects.toMatchObject({ code: "CONFLICT" });
    },
  ],
])("the lease is released if the answer %s", async (_, end) => {
  const { store, left, isLeased } = setUp();
  await end(left.turn(await left.append("talk", [question("1")], { trigger })), store);
  expect(await isLeased()).toBe(false);
});

test("a request that is refused does not leave a lease", async () => {
  const { store, left, isLeased } = setUp();
  await store.save("talk", { other: true });
  await expect(left.append("talk", [question("1")], { trigger })).rejects.toMatchObject({
    code: "THREAD_MISMATCH",
  });
  expect(await isLeased()).toBe(false);
});

test.each(["before", "while acquiring", "while waiting"])(
  "a request aborted %s does not leave a lease",
  async (when) => {
    const { left, right, isLeased } = setUp();
    const holder =
      when === "while waiting"
        ? left.turn(await left.append("talk", [question("1")], { trigger }))
        : undefined;
    const controller = new AbortController();
    if (when === "before") controller.abort("gone");
    const waiting = right.append("talk", [question("2")], { trigger, signal: controller.signal });
    waiting.catch(() => undefined);
    if (when === "while waiting") await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort("gone");
    await expect(waiting).rejects.toBe("gone");
    await holder?.onEnd({ messages: [...holder.originalMessages, answer("a")] });
    await expect.poll(isLeased).toBe(false);
    expect(idsOf((await left.load("talk"))?.messages)).toEqual(holder === undefined ? [] : ["1", "a"]);
  },
);

test("a request rejects with CONVERSATION_BUSY after `waitMs`, and writes nothing", async () => {
  const { left, right } = setUp({ waitMs: 20 });
  await left.append("talk", [question("1")], { trigger });
  const waiting = right.append("talk", [question("2")], { trigger });
  await expect(waiting).rejects.toMatchObject({ code: "CONVERSATION_BUSY", retryable: true });
  expect(idsOf((await left.load("talk"))?.messages)).toEqual(["1"]);
  // Messages without a trigger do not wait.
  await right.append("talk", [question("3")]);
  // Other conversations do not wait either.
  await right.append("other", [question("2")], { trigger });
});

test.each<[string, TurnLeaseOptions, (chats: UIMessageStore<UIMessage>) => Promise<void>]>([
  [
    "whose process died or failed before the answer",
    { durationMs: 100 },
    async (chats) => void (await chats.append("talk", [question("1")], { trigger })),
  ],
  [
    "whose end is never reported",
    { answerMs: 50 },
    async (chats) => void chats.turn(await chats.append("talk", [question("1")], { trigger })),
  ],
])("a request gets the lease of one %s", async (_, lease, hang) => {
  const { left, right } = setUp(lease);
  await hang(left);
  const { messages } = await right.append("talk", [question("2")], { trigger });
  expect(idsOf(messages)).toEqual(["1", "2"]);
});

test("the lease is renewed while the answer streams", async () => {
  const { left, right } = setUp({ durationMs: 300, waitMs: 0 });
  const turn = left.turn(await left.append("talk", [question("1")], { trigger }));
  await new Promise((resolve) => setTimeout(resolve, 450));
  const waiting = right.append("talk", [question("2")], { trigger });
  await expect(waiting).rejects.toMatchObject({ code: "CONVERSATION_BUSY" });
  await turn.onEnd({ messages: [...turn.originalMessages, answer("2")] });
});

test.each([
  ["lease", { lease: "yes" }],
  ["lease.durationMs", { lease: { durationMs: 99 } }],
  ["lease.waitMs", { lease: { waitMs: -1 } }],
  ["lease.answerMs", { lease: { answerMs: Infinity } }],
])("an invalid `%s` is rejected", (path, options) => {
  const create = (): unknown => uiMessageStore({ store: memoryStore(), ...(options as object) });
  expect(create).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }));
});
