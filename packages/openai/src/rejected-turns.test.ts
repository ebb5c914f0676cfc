import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { checkThread, defineTool, openConversation, repairThread } from "./index.ts";
import { type Agent, AGENTS, type Service, type Tool } from "./strict-server/content-check.test-helper.ts";
import { invalidRequest, type Rejection } from "./strict-server/request.test-helper.ts";

// A service can reject in the history what the model wrote: calls, or the beginning of an answer that was stopped.

const POISON = "POISON";
const FILTERED = invalidRequest("Filtered.", "messages", "content_filter");
const DOWN: Rejection = { status: 500, error: { message: "down" } };

const rejectPoison = (text: string): Rejection | undefined => (text.includes(POISON) ? FILTERED : undefined);

/** How the turn is left open. */
const FAULTS = ["fails with 500", "is stopped", "waits for approval", "fails after an approval"] as const;
type Fault = (typeof FAULTS)[number];

/** The arguments of the calls: valid and rejected by a filter, or not JSON, in the first or the last call. */
const ARGUMENTS: readonly (readonly [string, string])[] = [
  [`{"a":"${POISON}"}`, "{}"],
  ["{}", `{"a":"${POISON}"}`],
  [`{"a": ${POISON}`, "{}"],
];

function createTools(fault: Fault, stop: AbortController): Tool[] {
  const long = defineTool({ name: "long", run: () => "a result" });
  const hang = async (_arguments: unknown, { signal }: { signal: AbortSignal }): Promise<string> => {
    setTimeout(() => stop.abort("stop"), 1);
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  };
  if (fault === "is stopped") return [long, defineTool({ name: "other", run: hang })];
  return [long, defineTool({ name: "other", needsApproval: fault !== "fails with 500", run: () => "paid" })];
}

function converse(agent: Agent, isStreamed: boolean, journal = true) {
  const store = memoryStore();
  const conversation = openConversation({ agent, store, id: "c", journal, onStop: "keep" });
  const run = async (input: string | object, options = {}) => {
    if (!isStreamed) return conversation.run(input as string, options);
    const stream = conversation.runStream(input as string, options);
    for await (const event of stream) expect(event.type).not.toBe("error");
    return stream.result;
  };
  return { conversation, run, store };
}

function isChat({ requests }: Service): boolean {
  return requests.some(({ messages }) => messages !== undefined);
}

/** Leaves a turn open, after calls with these arguments. */
async function leaveOpen(
  service: Service,
  { conversation, run }: ReturnType<typeof converse>,
  { fault, stop, options = {} }: { fault: Fault; stop: AbortController; options?: object },
): Promise<void> {
  const fail = () => service.setCheck((text) => (/a result|paid/u.test(text) ? DOWN : undefined));
  if (fault === "fails with 500") fail();
  await run("go", { signal: stop.signal, ...options }).catch(() => undefined);
  if (fault === "fails after an approval") {
    fail();
    const approvals = (await conversation.load())?.thread.openTurn?.approvals ?? [];
    const decisions = approvals.map(({ callId, digest }) => ({ callId, digest, approved: true }));
    await conversation.resume({ approvals: decisions }).catch(() => undefined);
  }
  expect((await conversation.load())?.thread.openTurn).toBeDefined();
  service.setCheck(rejectPoison);
}

const ROWS = AGENTS.flatMap((agent) =>
  FAULTS.flatMap((fault) =>
    ARGUMENTS.flatMap((args) => [
      { ...agent, fault, args, isStreamed: true, isAbandoned: false, journal: true },
      // Without a journal, a turn that failed leaves nothing.
      { ...agent, fault, args, isStreamed: false, isAbandoned: true, journal: fault === "fails with 500" },
    ]),
  ),
);

test.each(ROWS)(
  "calls that are rejected after their turn $fault are left out with it, and not sent again: $agentName, $args, streamed: $isStreamed, abandoned: $isAbandoned, journal: $journal",
  async ({ create, open, fault, args, isStreamed, isAbandoned, journal }) => {
    const service = create({ arguments: args });
    const stop = new AbortController();
    const chat = converse(open(service.client, createTools(fault, stop)), isStreamed, journal);
    await leaveOpen(service, chat, { fault, stop });
    if (isAbandoned) await chat.conversation.abandon();
    const before = service.requests.length;
    const next = await chat.run("next", isAbandoned ? {} : { openTurn: "close" });
    // A Chat Completions message contains both calls.
    const count = "messages" in (service.requests[0] ?? {}) ? 4 : 5;
    const leftOut = [{ reason: "turns", count }];
    expect(next).toMatchObject({ text: "ok", leftOut });
    // With everything, without each of two results, without both, and without the calls.
    expect(service.requests.length - before).toBeLessThanOrEqual(5);
    const sent = JSON.stringify(service.requests.at(-1));
    expect(sent).toContain("It had called these tools, whose results are not shown: long, other.");
    expect(sent).not.toMatch(/POISON|a result|function_call_output|tool_call_id/u);
    const after = service.requests.length;
    const later = await chat.run("and then");
    expect(later).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(after + 1);
    expect(JSON.stringify(later.thread.messages)).toContain(POISON);
    const findings = checkThread(await later.thread.serialize()).map(({ code }) => code);
    // If the repair changes a message, the service's copy is outdated.
    expect(findings.filter((code) => code !== "service-outdated")).toEqual(
      args[0].startsWith('{"a": ') ? ["arguments-invalid"] : [],
    );
  },
);

describe.each(AGENTS)("$agentName", ({ create, open }) => {
  const [args] = ARGUMENTS as readonly [(typeof ARGUMENTS)[number]];

  async function closeWithCalls(options = {}) {
    const service = create({ arguments: args });
    const fault = "waits for approval";
    const stop = new AbortController();
    const chat = converse(open(service.client, createTools(fault, stop)), false);
    await leaveOpen(service, chat, { fault, stop, options });
    await chat.conversation.abandon();
    return { service, ...chat };
  }

  /** Stops a streamed turn at its first text. */
  async function stopAtText({ conversation }: Pick<ReturnType<typeof converse>, "conversation">) {
    const stop = new AbortController();
    const stream = conversation.runStream("say it", { signal: stop.signal });
    const read = async () => {
      for await (const { type } of stream) if (type === "text") stop.abort("stop");
    };
    await expect(read()).rejects.toBe("stop");
  }

  test.each(["close", "abandon"])("leaves out the beginning of an answer: %s", async (how) => {
    const service = create({ text: POISON });
    const chat = converse(open(service.client, []), false);
    await stopAtText(chat);
    expect((await chat.conversation.load())?.thread.openTurn?.text).toBe(POISON);
    if (how === "abandon") await chat.conversation.abandon();
    service.setCheck(rejectPoison);
    const before = service.requests.length;
    const leftOut = [{ reason: "turns", count: 1 }];
    expect(await chat.run("next")).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 2);
    const later = await chat.run("and then");
    expect(later).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 3);
    expect(JSON.stringify(later.thread.messages)).toContain(POISON);
  });

  test("keeps the beginning of an answer that the service accepts", async () => {
    const service = create({ text: "a beginning" });
    const chat = converse(open(service.client, []), false);
    await stopAtText(chat);
    const next = await chat.run("next");
    expect(next.leftOut).toEqual([]);
    expect(JSON.stringify(service.requests.at(-1))).toContain("a beginning");
    expect(await next.thread.serialize()).not.toHaveProperty("unaccepted");
  });

  test("keeps the beginning of an answer that follows a request without an earlier turn", async () => {
    const { service, run, conversation } = await closeWithCalls();
    const stop = new AbortController();
    const stream = conversation.runStream("go on", { signal: stop.signal });
    const read = async () => {
      for await (const { type } of stream) if (type === "text") stop.abort("stop");
    };
    await expect(read()).rejects.toBe("stop");
    expect((await conversation.load())?.thread.openTurn?.text).toBe("ok");
    const before = service.requests.length;
    const leftOut = [{ reason: "turns", count: isChat(service) ? 4 : 5 }];
    expect(await run("next")).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 1);
    expect(JSON.stringify(service.requests.at(-1))).toMatch(/"go on".*"ok".*"next"/u);
    expect(await (await conversation.load())?.thread.serialize()).toMatchObject({
      unaccepted: [{ leftOut: true, whole: true }],
    });
  });

  test.each([FAULTS[0], FAULTS[1], FAULTS[2]])(
    "leaves out what is rejected after a repair has closed the turn that %s, and does not send it again",
    async (fault) => {
      const service = create({ arguments: args });
      const stop = new AbortController();
      const chat = converse(open(service.client, createTools(fault, stop)), false);
      await leaveOpen(service, chat, { fault, stop });
      const stored = await chat.store.load("c");
      const { thread } = repairThread(stored?.thread ?? {}, "synthesize", { openTurn: "close" });
      expect(checkThread(thread)).toEqual([]);
      await chat.store.save("c", thread, { previous: stored });
      const leftOut = [expect.objectContaining({ reason: "turns" })];
      expect(await chat.run("next")).toMatchObject({ text: "ok", leftOut });
      const before = service.requests.length;
      expect(await chat.run("and then")).toMatchObject({ text: "ok", leftOut });
      expect(service.requests).toHaveLength(before + 1);
    },
  );

  test("leaves out the question of a turn that a repair has closed, and does not send it again", async () => {
    const service = create({ text: "ok" });
    const chat = converse(open(service.client, []), false);
    await chat.run("hello");
    const stop = new AbortController();
    service.setCheck(() => {
      stop.abort("stop");
      return DOWN;
    });
    await expect(chat.run(POISON, { signal: stop.signal })).rejects.toBe("stop");
    const stored = await chat.store.load("c");
    const { thread } = repairThread(stored?.thread ?? {}, "synthesize", { openTurn: "close" });
    await chat.store.save("c", thread, { previous: stored });
    service.setCheck(rejectPoison);
    const leftOut = [{ reason: "questions", count: 1 }];
    expect(await chat.run("next")).toMatchObject({ text: "ok", leftOut });
    const before = service.requests.length;
    expect(await chat.run("and then")).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 1);
  });

  test("leaves out nothing if everything is rejected, and recovers later", async () => {
    const { service, run, conversation } = await closeWithCalls();
    const stored = await (await conversation.load())?.thread.serialize();
    service.setCheck(() => FILTERED);
    const before = service.requests.length;
    await expect(run("next")).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    expect(service.requests.length - before).toBeLessThanOrEqual(3);
    expect(await (await conversation.load())?.thread.serialize()).toEqual(stored);
    service.setCheck(() => undefined);
    expect(await run("next")).toMatchObject({ text: "ok", leftOut: [] });
  });

  test("leaves out several turns in a row, and a question with an image whose text is rejected", async () => {
    const { service, run } = await closeWithCalls();
    const url = "data:image/png;base64,AAAA";
    const image = isChat(service)
      ? { type: "image_url", image_url: { url } }
      : { type: "input_image", image_url: url, detail: "auto" };
    const content = [{ type: isChat(service) ? "text" : "input_text", text: POISON }, image];
    for (let turn = 1; turn <= 2; turn += 1) {
      const stop = new AbortController();
      service.setCheck(() => {
        stop.abort("stop");
        return DOWN;
      });
      const stopped = run({ role: "user", content }, { signal: stop.signal, openTurn: "close" });
      await expect(stopped).rejects.toBe("stop");
    }
    service.setCheck(rejectPoison);
    const before = service.requests.length;
    const next = await run("next");
    const leftOut = [{ reason: "questions", count: 2 }, expect.objectContaining({ reason: "turns" })];
    expect(next).toMatchObject({ text: "ok", leftOut });
    // The request, and at most eight further ones.
    expect(service.requests.length - before).toBeLessThanOrEqual(9);
    const after = service.requests.length;
    expect(await run("and then")).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(after + 1);
  });

  test("leaves out only the last turn if the service accepts the others", async () => {
    const { service, run, conversation } = await closeWithCalls();
    service.setCheck(() => undefined);
    await stopAtText({ conversation });
    // The beginning of the answer. The first turn was in the request that led to it.
    service.setCheck((text) => (text.includes('"content":"ok"') ? FILTERED : undefined));
    const before = service.requests.length;
    expect(await run("next")).toMatchObject({ leftOut: [{ reason: "turns", count: 1 }] });
    expect(service.requests).toHaveLength(before + 3);
    expect(JSON.stringify(service.requests.at(-1))).toContain(POISON);
  });

  test("does not run a turn with a key again after it was left out", async () => {
    const { service, run } = await closeWithCalls({ key: "one" });
    expect(await run("next", { key: "two" })).toMatchObject({ text: "ok", repeated: false });
    const before = service.requests.length;
    await expect(run("go", { key: "one" })).rejects.toMatchObject({ code: "TURN_ABANDONED" });
    expect(await run("next", { key: "two" })).toMatchObject({ text: "ok", repeated: true });
    expect(service.requests).toHaveLength(before);
  });

  test.each(["always", "later"])("pairs calls with results that `reduceHistory` copies: %s", async (when) => {
    const service = create({ arguments: args });
    const fault = "waits for approval";
    const stop = new AbortController();
    let isCopying = when === "always";
    const copy = (message: object) =>
      isCopying && ("tool_call_id" in message || "output" in message) ? { ...message } : message;
    const reduceHistory = ({ messages }: { messages: readonly object[] }) => messages.map(copy);
    const chat = converse(open(service.client, createTools(fault, stop), { reduceHistory }), false);
    await leaveOpen(service, chat, { fault, stop });
    await chat.conversation.abandon();
    const leftOut = [expect.objectContaining({ reason: "turns" })];
    expect(await chat.run("next")).toMatchObject({ text: "ok", leftOut });
    isCopying = true;
    const before = service.requests.length;
    expect(await chat.run("and then")).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 1);
  });
});
