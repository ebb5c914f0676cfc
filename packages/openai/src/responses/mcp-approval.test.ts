import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { checkThread, createResponsesAgent, openConversation, repairThread } from "../index.ts";
import type { Message } from "../strict-server/request.test-helper.ts";
import { createResponsesService } from "../strict-server/responses-service.test-helper.ts";
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
  // The test service then refuses the answer without the request, by its own rule. What was sent counts.
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
