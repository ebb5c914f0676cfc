import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { checkThread, createResponsesAgent, openConversation, repairThread } from "../index.ts";
import type { Message } from "../strict-server/request.test-helper.ts";
import {
  createResponsesService,
  type ResponsesService,
} from "../strict-server/responses-service.test-helper.ts";
import { CALL_CASES } from "./call-kinds.test-helper.ts";

// The service runs an approved call of an MCP server while it answers the request with the approval.

const kind = CALL_CASES["mcp_approval_request"];
const storages = ["response", "conversation", "local"] as const;

function prepare(
  storage: (typeof storages)[number],
  ids: readonly string[] = ["mcpr_1"],
  { maxRetries = 0, journal = false } = {},
) {
  const service = createResponsesService(ids.map((id) => kind?.call(id) ?? {}));
  const client = service.client.withOptions({ maxRetries });
  const hostedTools = [kind?.hosted as never];
  const agent = createResponsesAgent({ client, model: "m", storage, hostedTools });
  const conversation = openConversation({ agent, store: memoryStore(), id: "c", journal });
  const answers = (): Message[][] =>
    service.requests.map(({ input }) =>
      (input as Message[]).filter(({ type }) => type === "mcp_approval_response"),
    );
  const failWith = (status: number): void => {
    const error = { message: "no", type: "", param: null, code: null };
    service.rules.push({ source: "", check: () => ({ status, error }) });
  };
  /** Approves calls, while the service answers with an error. */
  const approve = async (status: number | undefined, callIds = ids): Promise<unknown> => {
    const { approvals = [] } = (await conversation.load())?.thread.openTurn ?? {};
    if (status !== undefined) failWith(status);
    const decisions = approvals.filter(({ callId }) => callIds.includes(callId));
    const resumed = conversation.resume({
      approvals: decisions.map((call) => ({ ...call, approved: true })),
    });
    await Promise.allSettled([resumed]);
    service.rules.length = 0;
    return resumed;
  };
  return { service, conversation, answers, approve, failWith };
}

test("an approval is sent without its request to a service that has the request in its conversation", async () => {
  const { service, conversation, approve, answers } = prepare("conversation");
  await conversation.run("go");
  // The test service then rejects the answer without the request, by its own rule. What was sent counts.
  service.rules.push({
    source: "https://github.com/vercel/ai/issues/18605",
    check: ({ body, input }) => {
      const isCopied = input.some(({ type }) => type === "mcp_approval_request");
      const message = "Duplicate item found with id mcpr_1.";
      return isCopied && body["conversation"] !== undefined
        ? { status: 400, error: { message, type: "invalid_request_error", param: "input", code: null } }
        : undefined;
    },
  });
  await Promise.allSettled([approve(undefined)]);
  const inputs = service.requests.map(({ input }) => (input as Message[]).map(({ type }) => type));
  expect(inputs.slice(1)).toEqual([
    ["mcp_approval_request", "mcp_approval_response"],
    ["mcp_approval_response"],
  ]);
  expect(answers().at(-1)).toMatchObject([{ approve: true }]);
});

describe.each(storages)(
  "an approved call of an MCP server in a thread without a store, with storage %s",
  (storage) => {
    const fail = (status: number) => ({
      status,
      error: { message: "no", type: "", param: null, code: null },
    });

    async function approveInMemory(end: (rules: ResponsesService["rules"], stop: AbortController) => void) {
      const service = createResponsesService([kind?.call("mcpr_1") ?? {}]);
      const hostedTools = [kind?.hosted as never];
      const agent = createResponsesAgent({ client: service.client, model: "m", storage, hostedTools });
      const { thread, approvals } = await agent.run("go");
      const decisions = approvals.map((call) => ({ ...call, approved: true }));
      const stop = new AbortController();
      end(service.rules, stop);
      const resumed = agent.resume(thread, { approvals: decisions, signal: stop.signal });
      await expect(resumed).rejects.toBeDefined();
      service.rules.length = 0;
      const sent = () =>
        service.requests
          .flatMap(({ input }) => input as Message[])
          .filter(({ type }) => type === "mcp_approval_response");
      return { agent, thread, decisions, sent };
    }

    test.each<[string, (rules: ResponsesService["rules"], stop: AbortController) => void]>([
      ["status 500", (rules) => void rules.push({ source: "", check: () => fail(500) })],
      [
        "an abort",
        (rules, stop) => void rules.push({ source: "", check: () => (stop.abort("stop"), fail(500)) }),
      ],
    ])("is not approved again after %s", async (_how, end) => {
      const { agent, thread, decisions, sent } = await approveInMemory(end);
      expect(thread.openTurn).toMatchObject({ state: "open", approvals: [] });
      await expect(agent.resume(thread, { approvals: decisions })).rejects.toMatchObject({
        code: "APPROVAL_STALE",
      });
      expect((await agent.resume(thread)).text).toBe("ok");
      expect(sent()).toMatchObject([{ approve: true }, { approve: false }]);
    });

    test("is not approved again after a later request of the same resume has failed", async () => {
      const other = CALL_CASES["function_call"];
      const service = createResponsesService([kind?.call("mcpr_1") ?? {}], [other?.call("c1") ?? {}]);
      const runs: unknown[] = [];
      const agent = createResponsesAgent({
        client: service.client,
        model: "m",
        storage,
        tools: [other?.tool?.({ onRun: (args) => runs.push(args) })].filter((tool) => tool !== undefined),
        hostedTools: [kind?.hosted as never],
      });
      const { thread, approvals } = await agent.run("go");
      const decisions = approvals.map((call) => ({ ...call, approved: true }));
      service.rules.push({
        source: "",
        check: ({ input }) =>
          input.some(({ type }) => type === "function_call_output") ? fail(500) : undefined,
      });
      const resumed = agent.resume(thread, { approvals: decisions });
      await expect(resumed).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      service.rules.length = 0;
      const before = service.requests.length;
      const again = agent.resume(thread, { approvals: decisions });
      await expect(again).rejects.toMatchObject({ code: "APPROVAL_STALE" });
      expect(service.requests).toHaveLength(before);
      expect((await agent.resume(thread)).text).toBe("ok");
      expect(runs).toHaveLength(1);
    });

    test("is approved again after status 429, because the service has not processed the request", async () => {
      const { agent, thread, sent } = await approveInMemory(
        (rules) => void rules.push({ source: "", check: () => fail(429) }),
      );
      const restored = await agent.deserializeThread(JSON.stringify(thread));
      expect((await agent.resume(restored)).text).toBe("ok");
      expect(sent()).toMatchObject([{ approve: true }, { approve: true }]);
    });
  },
);

describe.each(storages)("an approved call of an MCP server, with storage %s", (storage) => {
  test.each([500, 502, 408, 409])(
    "is not approved again after status %i, because it may have run",
    async (status) => {
      const { conversation, answers, approve } = prepare(storage);
      await conversation.run("go");
      await expect(approve(status)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      const { text, thread } = await conversation.resume();
      expect(text).toBe("ok");
      const [, first, second] = answers();
      expect(first).toMatchObject([{ approve: true }]);
      expect(second).toMatchObject([{ approve: false, reason: expect.stringMatching(/unknown/u) }]);
      expect(checkThread(await thread.serialize())).toEqual([]);
    },
  );

  test.each([400, 401, 403, 404, 422, 429])(
    "is approved again after status %i, because the service has not processed the request",
    async (status) => {
      const { conversation, answers, approve } = prepare(storage);
      await conversation.run("go");
      await expect(approve(status)).rejects.toMatchObject({ status });
      expect((await conversation.resume()).text).toBe("ok");
      expect(answers().at(-1)).toMatchObject([{ approve: true }]);
    },
  );

  test.each([false, true])(
    "is not approved again by a repeated delivery after an interrupted one (journal: %s)",
    async (journal) => {
      const { service, conversation, answers, approve, failWith } = prepare(storage, undefined, { journal });
      const deliver = () => conversation.run("go", { key: "delivery" });
      await deliver();
      await expect(approve(429)).rejects.toMatchObject({ status: 429 });
      failWith(500);
      await expect(deliver()).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      service.rules.length = 0;
      expect((await deliver()).text).toBe("ok");
      const [, ...decisions] = answers().flat();
      expect(decisions.map(({ approve: isApproved }) => isApproved)).toEqual([true, false]);
    },
  );

  test.each(["partial", "question", "nothing"] as const)(
    "is not approved again by a turn that was ended: %s",
    async (keep) => {
      const { conversation, answers, approve } = prepare(storage);
      await conversation.run("go");
      await expect(approve(500)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      const before = answers().length;
      await conversation.abandon({ keep });
      expect((await conversation.run("next")).text).toBe("ok");
      expect(answers().slice(before).flat()).not.toContainEqual(expect.objectContaining({ approve: true }));
    },
  );

  test("is not approved again by a turn that a repair closed", async () => {
    const { conversation, answers, approve } = prepare(storage);
    await conversation.run("go");
    await expect(approve(500)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    const thread = (await conversation.load())?.stored.thread ?? {};
    const { thread: repaired, changes } = repairThread(thread, "synthesize", { openTurn: "close" });
    expect(changes.map(({ code }) => code)).toContain("turn-open");
    expect(repairThread(repaired, "synthesize", { openTurn: "close" }).changes).toEqual([]);
    const before = answers().length;
    await conversation.delete();
    await conversation.append(repaired["messages"] as never);
    expect((await conversation.run("next")).text).toBe("ok");
    const sent = answers().slice(before).flat();
    expect(sent).toMatchObject([{ approve: false }]);
  });

  test("waits for the decision on another call before its approval is sent", async () => {
    const { conversation, answers, approve } = prepare(storage, ["mcpr_1", "mcpr_2"]);
    await conversation.run("go");
    await expect(approve(undefined, ["mcpr_1"])).resolves.toMatchObject({ status: "approval-needed" });
    await expect(approve(undefined, ["mcpr_2"])).resolves.toMatchObject({ text: "ok" });
    expect(answers().slice(1)).toMatchObject([[{ approve: true }, { approve: true }]]);
  });

  test("is approved by one request, which the client does not repeat", async () => {
    const { conversation, answers, approve } = prepare(storage, ["mcpr_1"], { maxRetries: 2 });
    await conversation.run("go");
    await expect(approve(500)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(answers()).toHaveLength(2);
  });
});
