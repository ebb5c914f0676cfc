import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { checkThread, defineTool, keepLastTurns, openConversation } from "./index.ts";
import { type Agent, AGENTS, type Service, type Tool } from "./strict-server/content-check.test-helper.ts";
import { invalidRequest, type Rejection } from "./strict-server/request.test-helper.ts";

// A closed turn can end with messages that the service has never received. The service rejects them afterwards.

const LIMIT = 1000;
const LONG = "x".repeat(LIMIT + 1);
const TOO_LONG = invalidRequest("string too long", "messages", "string_above_max_length");
const DOWN: Rejection = { status: 500, error: { message: "down" } };

/** How the turn is left open. */
type Fault = "fails with 500" | "is stopped" | "waits for approval";

const ROWS = AGENTS.flatMap((agent) =>
  (["fails with 500", "is stopped", "waits for approval"] as const).flatMap((fault) => [
    ...[true, false].flatMap((isStreamed) =>
      [true, false].map((isAbandoned) => ({ ...agent, fault, isStreamed, isAbandoned, journal: true })),
    ),
    // Without a journal, a turn that failed leaves nothing.
    ...(fault === "fails with 500"
      ? []
      : [{ ...agent, fault, isStreamed: false, isAbandoned: true, journal: false }]),
  ]),
);

function createTools(fault: Fault, stop: AbortController): Tool[] {
  const long = defineTool({ name: "long", run: () => LONG });
  const hang = async (_arguments: unknown, { signal }: { signal: AbortSignal }): Promise<string> => {
    setTimeout(() => stop.abort("stop"), 5);
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  };
  if (fault === "is stopped") return [long, defineTool({ name: "other", run: hang })];
  const needsApproval = fault === "waits for approval";
  return [long, defineTool({ name: "other", needsApproval, run: () => "paid" })];
}

interface Run {
  readonly agent: Agent;
  readonly isStreamed: boolean;
}

async function openWithFault(
  { agent, isStreamed }: Run,
  {
    fault,
    service,
    stop,
    journal,
  }: { fault: Fault; service: Service; stop: AbortController; journal: boolean },
) {
  const onStop = journal ? {} : ({ onStop: "keep" } as const);
  const conversation = openConversation({ agent, store: memoryStore(), id: "c", journal, ...onStop });
  const run = async (text: string, options = {}) => {
    if (!isStreamed) return { ...(await conversation.run(text, options)), events: [] };
    const events: object[] = [];
    const stream = conversation.runStream(text, options);
    for await (const event of stream) events.push(event);
    return { ...(await stream.result), events };
  };
  service.setCheck((text) => (fault === "fails with 500" && text.includes(LONG) ? DOWN : undefined));
  const running = run("go", { signal: stop.signal });
  await running.catch(() => undefined);
  const states = { "fails with 500": "open", "is stopped": "stopped", "waits for approval": "waiting" };
  expect((await conversation.load())?.thread.openTurn?.state).toBe(states[fault]);
  service.setCheck((text) => (text.includes(LONG) ? TOO_LONG : undefined));
  return { conversation, run };
}

test.each(ROWS)(
  "a result that is rejected after its turn $fault is left out, and not sent again: $agentName, streamed: $isStreamed, abandoned: $isAbandoned, journal: $journal",
  async ({ create, open, fault, isStreamed, isAbandoned, journal }) => {
    const service = create();
    const stop = new AbortController();
    const agent: Agent = open(service.client, createTools(fault, stop));
    const { conversation, run } = await openWithFault(
      { agent, isStreamed },
      { fault, service, stop, journal },
    );
    if (isAbandoned) await conversation.abandon();
    const before = service.requests.length;
    const next = await run("next", isAbandoned ? {} : { openTurn: "close" });
    // The other result was not accepted either, but the request without the longest is.
    const leftOut = [{ reason: "results", count: 1 }];
    expect(next).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 2);
    expect(next.events.filter((event) => "reason" in event)).toEqual(
      isStreamed ? [{ type: "left-out", ...leftOut[0] }] : [],
    );
    const later = await run("and then");
    expect(later).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 3);
    expect(JSON.stringify(later.thread.messages)).toContain(LONG);
    expect(checkThread(await later.thread.serialize())).toEqual([]);
  },
);

describe.each(AGENTS)("$agentName", ({ create, open }) => {
  /** Opens a conversation whose closed turn ends with a result that the service will reject. */
  async function closeWithLongResult(settings = {}) {
    const service = create();
    const stop = new AbortController();
    const fault = "waits for approval";
    const agent: Agent = open(service.client, createTools(fault, stop), settings);
    const isStreamed = false;
    const { conversation, run } = await openWithFault(
      { agent, isStreamed },
      { fault, service, stop, journal: true },
    );
    await conversation.abandon();
    return { service, conversation, run };
  }

  test("forgets that a result was never accepted when a request with it is accepted", async () => {
    const { service, run } = await closeWithLongResult();
    service.setCheck(() => undefined);
    expect(await run("next")).toMatchObject({ text: "ok", leftOut: [] });
    const later = await run("and then");
    expect(later.leftOut).toEqual([]);
    expect(await later.thread.serialize()).not.toHaveProperty("unaccepted");
  });

  test.each([
    { status: 401, code: "MODEL_REFUSED" },
    { status: 500, code: "MODEL_UNAVAILABLE" },
  ])("does not send a request again after $status, and recovers later", async ({ status, code }) => {
    const { service, conversation, run } = await closeWithLongResult();
    service.setCheck(() => ({ status, error: { message: "no" } }));
    const before = service.requests.length;
    await expect(run("next")).rejects.toMatchObject({ code });
    expect(service.requests).toHaveLength(before + 1);
    await conversation.abandon({ keep: "nothing" });
    service.setCheck((text) => (text.includes(LONG) ? TOO_LONG : undefined));
    expect(await run("next")).toMatchObject({ leftOut: [{ reason: "results", count: 1 }] });
  });

  test("rejects if the input is rejected as well, and recovers with the next one", async () => {
    const { service, run } = await closeWithLongResult();
    const before = service.requests.length;
    await expect(run(LONG)).rejects.toMatchObject({ code: "MODEL_REFUSED", status: 400 });
    // Without the result, and then without the calls.
    expect(service.requests).toHaveLength(before + 3);
    expect(await run("next")).toMatchObject({ leftOut: [{ reason: "results", count: 1 }] });
  });

  test.each(["text", "attachment"])("leaves out a question that was never accepted: %s", async (kind) => {
    const { service, conversation, run } = await closeWithLongResult();
    const stop = new AbortController();
    service.setCheck(() => {
      stop.abort("stop");
      return DOWN;
    });
    const isChat = service.requests.some(({ messages }) => messages !== undefined);
    const image = `data:image/png;base64,${LONG}`;
    const content = isChat
      ? [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: image } },
        ]
      : [
          { type: "input_text", text: "look" },
          { type: "input_image", image_url: image, detail: "auto" },
        ];
    const input = kind === "text" ? LONG : { role: "user" as const, content: content as [] };
    await expect(conversation.run(input, { signal: stop.signal })).rejects.toBe("stop");
    service.setCheck((text) => (text.includes(LONG) ? TOO_LONG : undefined));
    const leftOut = ["results", "questions"].map((reason) => ({ reason, count: 1 }));
    expect(await run("next", { openTurn: "close" })).toMatchObject({ text: "ok", leftOut });
    const sent = JSON.stringify(service.requests.at(-1));
    expect([sent.includes('"look"'), sent.includes(LONG)]).toEqual([kind === "attachment", false]);
    const before = service.requests.length;
    expect(await run("and then")).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(before + 1);
  });

  test("keeps watching a result that a request did not contain", async () => {
    const { service, conversation } = await closeWithLongResult({ reduceHistory: keepLastTurns(0) });
    expect(await conversation.run("next")).toMatchObject({ text: "ok", leftOut: [] });
    const stored = (await conversation.load())?.thread;
    expect(await stored?.serialize()).toMatchObject({ unaccepted: [expect.any(Object)] });
    expect(service.requests).toHaveLength(2);
  });
});
