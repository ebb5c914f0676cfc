import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { checkThread, createResponsesAgent, openConversation, type ApprovalDecision } from "../index.ts";
import type { Message } from "../strict-server/request.test-helper.ts";
import { createResponsesService } from "../strict-server/responses-service.test-helper.ts";
import { CALL_CASES } from "./call-kinds.test-helper.ts";

const kinds = Object.entries(CALL_CASES).map(([type, kind]) => ({ type, kind }));

describe.each(kinds)("an approval of a $type in a conversation", ({ kind }) => {
  function setUp(...calls: string[]) {
    const received: unknown[] = [];
    const service = createResponsesService(...calls.map((id) => [kind.call(id)]));
    const tool = kind.tool?.({ needsApproval: true, onRun: (args) => received.push(args) });
    const tools = tool === undefined ? [] : [tool];
    const hostedTools = kind.hosted === undefined ? [] : [kind.hosted as never];
    const agent = createResponsesAgent({
      client: service.client,
      model: "m",
      storage: "local",
      tools,
      hostedTools,
    });
    const store = memoryStore();
    // Each has its own cache, as in two processes.
    const open = () => openConversation({ agent, store, id: "c" });
    const answers = (): Message[] =>
      service.requests
        .flatMap(({ input }) => input as Message[])
        .filter(({ type }) => /_(?:output|response)$/u.test(String(type)));
    return { open, received, service, answers };
  }

  test("that is given twice at once is carried out once", async () => {
    const { open, received, service, answers } = setUp("c1");
    const { approvals } = await open().run("go");
    const decisions = approvals.map((call) => ({ ...call, approved: true }));
    const clicks = await Promise.allSettled([1, 2].map(async () => open().resume({ approvals: decisions })));
    const codes = clicks.map((click) =>
      click.status === "fulfilled" ? "ok" : (click.reason as { code: string }).code,
    );
    expect(codes.filter((code) => code === "ok")).toHaveLength(1);
    expect(codes.filter((code) => /^APPROVAL_(?:DECIDED|STALE)$/u.test(code))).toHaveLength(1);
    expect(received).toHaveLength(kind.tool === undefined ? 0 : 1);
    expect(answers()).toEqual([kind.succeeded("c1")]);
    expect(service.requests).toHaveLength(2);
  });

  test("is not valid for a later call with the same id", async () => {
    const { open, received } = setUp("c1", "c1");
    const first = await open().run("go");
    const denials = first.approvals.map((call) => ({ ...call, approved: false }));
    const second = await open().resume({ approvals: denials });
    expect(second.status).toBe("approval-needed");
    const stale: ApprovalDecision[] = first.approvals.map((call) => ({ ...call, approved: true }));
    await expect(open().resume({ approvals: stale })).rejects.toMatchObject({ code: "APPROVAL_STALE" });
    expect(received).toEqual([]);
  });

  test.each(["partial", "question", "nothing"] as const)(
    "that never comes leaves a conversation that continues, if the turn is abandoned: %s",
    async (keep) => {
      const { open, received } = setUp("c1");
      await open().run("go");
      await open().abandon({ keep });
      const last = await open().run("and then?");
      expect(last).toMatchObject({ status: "completed", text: "ok" });
      expect(received).toEqual([]);
      expect(checkThread(await last.thread.serialize())).toEqual([]);
    },
  );
});
