import type { Tool as HostedTool } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { checkThread, createResponsesAgent, defineTool } from "../index.ts";
import { invalidRequest } from "../strict-server/request.test-helper.ts";
import { createResponsesService, type ServiceRule } from "../strict-server/responses-service.test-helper.ts";
import { CALL_CASES } from "./call-kinds.test-helper.ts";

const storages = ["response", "conversation", "local"] as const;
const rows = Object.entries(CALL_CASES).flatMap(([type, kind]) =>
  storages.flatMap((storage) => [
    { type, kind, storage, id: "", isStreamed: true },
    { type, kind, storage, id: "x".repeat(65), isStreamed: false },
  ]),
);

/** The API validates the ids and names of the input. */
const strictInput: ServiceRule = {
  source: "https://github.com/camel-ai/camel/issues/2215",
  check: ({ input }) => {
    const isRejected = (value: unknown, pattern: RegExp): boolean =>
      value !== undefined && (typeof value !== "string" || !pattern.test(value));
    const isIdRejected = input.some((item) =>
      ["call_id", "approval_request_id", "id"].some((member) => isRejected(item[member], /^.{1,64}$/su)),
    );
    const isNameRejected = input.some(
      ({ type, name }) =>
        /^(?:function|custom_tool)_call$/u.test(type as string) && isRejected(name, /^[\w-]{1,64}$/u),
    );
    return isIdRejected || isNameRejected ? invalidRequest("Invalid 'input'.", "input") : undefined;
  },
};

describe.each(rows)("a $type with the id '$id' and storage $storage, streamed: $isStreamed", (row) => {
  const { kind, id, storage, isStreamed } = row;

  test.each([false, true])(
    "is answered, and the conversation continues (after an approval: %s)",
    async (needsApproval) => {
      let count = 0;
      const service = createResponsesService([kind.call(id)]);
      service.rules.push(strictInput);
      const tool = kind.tool?.({ needsApproval, onRun: () => (count += 1) });
      const tools = tool === undefined ? [] : [tool];
      const hostedTools = kind.hosted === undefined ? [] : [kind.hosted as HostedTool];
      const agent = createResponsesAgent({ client: service.client, model: "m", storage, tools, hostedTools });
      const first = await (isStreamed ? agent.runStream("go").result : agent.run("go"));
      const approvals = first.approvals.map((call) => ({ ...call, approved: true }));
      let thread = await agent.deserializeThread(JSON.stringify(await first.thread.serialize()));
      if (approvals.length > 0) {
        const resumed = await (isStreamed
          ? agent.resumeStream(thread, { approvals }).result
          : agent.resume(thread, { approvals }));
        thread = resumed.thread;
      }
      expect(count).toBe(kind.tool === undefined ? 0 : 1);
      expect((await agent.run("and now?", thread)).text).toBe("ok");
      expect(checkThread(await thread.serialize())).toEqual([]);
    },
  );
});

describe.each(storages)("calls of one response with storage %s", (storage) => {
  const twin = (id: string, args: string): object => ({
    ...CALL_CASES["function_call"]?.call("c1"),
    id,
    arguments: args,
  });

  test.each<[string, object[], number]>([
    ["with the same call id run once each", [twin("fc_1", "{}"), twin("fc_2", "{}")], 2],
    ["with the same id of the item, too, run once each", [twin("fc_1", "{}"), twin("fc_1", '{"a":1}')], 2],
    ["that are the same item run once", [twin("fc_1", "{}"), twin("fc_1", "{}")], 1],
    [
      "of two kinds with the same call id run once each",
      [twin("fc_1", "{}"), CALL_CASES["custom_tool_call"]?.call("c1") ?? {}],
      2,
    ],
  ])("%s", async (_name, calls, expected) => {
    let count = 0;
    const service = createResponsesService(calls);
    const tool = CALL_CASES["custom_tool_call"]?.tool?.({ onRun: () => (count += 1) });
    const tools = [
      defineTool({ name: "sql", run: () => (count += 1) }),
      ...(tool === undefined ? [] : [tool]),
    ];
    const agent = createResponsesAgent({ client: service.client, model: "m", storage, tools });
    const { thread } = await agent.run("go");
    expect(count).toBe(expected);
    expect((await agent.run("and now?", thread)).text).toBe("ok");
    expect(checkThread(await thread.serialize())).toEqual([]);
  });

  test("report reasoning that is lost because their ids were replaced", async () => {
    const reasoning = { type: "reasoning", id: "rs_1", summary: [] };
    const service = createResponsesService([reasoning, twin("fc_1", "{}"), twin("fc_2", "{}")]);
    const tools = [defineTool({ name: "sql", run: () => "done" })];
    const agent = createResponsesAgent({ client: service.client, model: "m", storage, tools });
    const leftOut = [{ reason: "reasoning", count: 1 }];
    const stream = agent.runStream("go");
    const events: object[] = [];
    for await (const event of stream) events.push(event);
    const { thread, ...first } = await stream.result;
    // Without a copy, the service never had its content.
    expect(first.leftOut).toEqual(storage === "local" ? [] : leftOut);
    expect(events.filter((event) => "reason" in event)).toHaveLength(storage === "local" ? 0 : 1);
    expect((await agent.run("and now?", thread)).leftOut).toEqual([]);
  });
});

describe.each(storages)("calls with storage %s", (storage) => {
  test.each<[string, object[], number]>([
    ["without ids run once each", ["", ""].map((id) => CALL_CASES["function_call"]?.call(id) ?? {}), 2],
    ...["a b", "", "x".repeat(65)].map((name): [string, object[], number] => [
      `of a tool named '${name}' are answered with an error`,
      [
        { ...CALL_CASES["function_call"]?.call("c1"), name },
        { ...CALL_CASES["custom_tool_call"]?.call("c2"), name },
      ],
      0,
    ]),
  ])("%s", async (_name, calls, expected) => {
    let count = 0;
    const service = createResponsesService(calls);
    service.rules.push(strictInput);
    const tools = [defineTool({ name: "sql", run: () => (count += 1) })];
    const agent = createResponsesAgent({ client: service.client, model: "m", storage, tools });
    const { thread } = await agent.run("go");
    expect(count).toBe(expected);
    const local = createResponsesAgent({ client: service.client, model: "m", storage: "local", tools });
    const copy = await local.deserializeThread(await thread.serialize());
    expect((await agent.run("and now?", thread)).text).toBe("ok");
    expect((await local.run("and now?", copy)).text).toBe("ok");
  });
});
