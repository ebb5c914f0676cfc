import { INTERRUPTED_RESULT } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { messagesOf, threadOf } from "../../../agent/dist/repair/threads.test-helper.js";
import { checkThread, createResponsesAgent, repairThread } from "../index.ts";
import { createResponsesService, text } from "../strict-server/responses-service.test-helper.ts";
import { type CallCase, CALL_CASES } from "./call-kinds.test-helper.ts";

const user = { type: "message", role: "user", content: "go" };
const thanks = { type: "message", role: "user", content: "thanks" };
const answer = text("done");
const rows = Object.entries(CALL_CASES).map(([type, kind]) => ({ type, kind }));

function itemsOf(...items: object[]): SerializedThread {
  return { ...threadOf(items), kind: "responses" };
}

function codesOf(thread: SerializedThread): string[] {
  return checkThread(thread).map(({ code }) => code);
}

/** Checks that the service and the agent reject a thread, and that both accept the repaired one. */
async function expectRepaired(
  thread: SerializedThread,
  policy: "drop" | "synthesize",
  items: object[],
): Promise<void> {
  const { thread: repaired } = repairThread(thread, policy);
  expect(messagesOf(repaired)).toEqual(items);
  expect(checkThread(repaired)).toEqual([]);
  expect(repairThread(repaired, policy).changes).toEqual([]);
  const service = createResponsesService();
  const agent = createResponsesAgent({ client: service.client, model: "m", storage: "local" });
  await expect(agent.deserializeThread(thread)).rejects.toMatchObject({ code: "THREAD_INVALID" });
  const accepted = await agent.run("and now?", await agent.deserializeThread(repaired));
  expect(accepted.text).toBe("ok");
}

async function rejectionOf(thread: SerializedThread): Promise<string> {
  const { client } = createResponsesService();
  const request = client.responses.create({ model: "m", store: false, input: messagesOf(thread) as never });
  return request.then(
    () => "accepted",
    (error: Error) => error.message,
  );
}

/** Returns the kind of another call, which has an id of the same form. */
function otherThan(kind: CallCase): CallCase | undefined {
  return kind === CALL_CASES["custom_tool_call"] ? CALL_CASES["shell_call"] : CALL_CASES["custom_tool_call"];
}

test.each<[string, object, string[]]>([
  ["a response", { response: "resp_1" }, ["result-missing", "service-outdated"]],
  ["a conversation", { conversation: "conv_1" }, ["result-missing", "service-outdated"]],
  ["content that the service rejected", { leftOut: ["reasoning"] }, ["result-missing"]],
  ["nothing", {}, ["result-missing"]],
])("a service's reference is outdated only if it names %s", (_name, service, codes) => {
  const thread = {
    ...itemsOf(user, CALL_CASES["function_call"]?.call("c1") ?? {}, thanks),
    service,
  } as never;
  const { thread: repaired, changes } = repairThread(thread, "synthesize");
  expect(changes.map(({ code }) => code)).toEqual(codes);
  expect(repaired["service"]).toEqual(codes.length === 1 ? service : undefined);
});

test.each(["stdout", "stderr"])("the %s of a shell that is too long is found and cut", (name) => {
  const kind = CALL_CASES["shell_call"];
  const output = (printed: string) => ({
    ...kind?.succeeded("c1"),
    output: [{ stdout: "", stderr: "", outcome: { type: "exit", exit_code: 0 }, [name]: printed }],
  });
  const long = "x".repeat(10_485_761);
  const thread = itemsOf(user, kind?.call("c1") ?? {}, output(long), answer);
  const path = `$.messages[2].output[0].${name}`;
  expect(checkThread(thread)).toMatchObject([{ code: "text-too-long", path }]);
  const { thread: repaired } = repairThread(thread, "synthesize", { shorten: () => "short" });
  expect(messagesOf(repaired)).toEqual([user, kind?.call("c1"), output("short"), answer]);
  expect(checkThread(repaired)).toEqual([]);
  expect(checkThread(thread, { provider: "other" })).toEqual([]);
});

describe.each(rows)("a thread with a $type", ({ kind, type }) => {
  const call = kind.call("c1");
  const interrupted = kind.failed("c1", INTERRUPTED_RESULT);

  test("without an answer", async () => {
    const thread = itemsOf(user, call, thanks);
    expect(codesOf(thread)).toEqual(["result-missing"]);
    expect(await rejectionOf(thread)).toMatch(/^400 (?:No tool output found|.* do not have an approval)/u);
    await expectRepaired(thread, "synthesize", [user, call, interrupted, thanks]);
    await expectRepaired(thread, "drop", [user, thanks]);
  });

  test("without an answer at the end, as earlier versions saved it", async () => {
    await expectRepaired(itemsOf(user, call), "synthesize", [user, call, interrupted]);
  });

  test("whose own answer follows the one that a repair added", () => {
    const late = kind.succeeded("c1");
    const { thread: answered } = repairThread(itemsOf(user, call), "synthesize");
    const added = messagesOf(answered)[2] as object;
    const thread = itemsOf(user, call, added, late, thanks);
    const { thread: repaired, changes } = repairThread(thread, "synthesize");
    expect(changes).toMatchObject([{ code: "result-duplicated", counterpart: "$.messages[2]" }]);
    expect(messagesOf(repaired)).toEqual([user, call, late, thanks]);
    const swapped = repairThread(itemsOf(user, call, late, added, thanks), "synthesize");
    expect(messagesOf(swapped.thread)).toEqual([user, call, late, thanks]);
  });

  test("that was cut off", async () => {
    const thread = itemsOf(kind.succeeded("c1"), answer, thanks);
    expect(codesOf(thread)).toEqual(["result-orphaned"]);
    expect(await rejectionOf(thread)).toMatch(/^400 (?:No tool call found|.* weren't passed as input)/u);
    await expectRepaired(thread, "synthesize", [answer, thanks]);
  });

  test("whose answer is before it", async () => {
    const thread = itemsOf(user, kind.succeeded("c1"), call, answer);
    await expectRepaired(thread, "synthesize", [user, call, kind.succeeded("c1"), answer]);
  });

  test("with two answers", async () => {
    const thread = itemsOf(user, call, kind.succeeded("c1"), kind.succeeded("c1"), answer);
    await expectRepaired(thread, "synthesize", [user, call, kind.succeeded("c1"), answer]);
  });

  test("with an answer of another kind", async () => {
    const wrong = otherThan(kind)?.succeeded("c1") ?? {};
    const thread = itemsOf(user, call, wrong, answer);
    expect(await rejectionOf(thread)).toMatch(/^400 /u);
    await expectRepaired(thread, "synthesize", [user, call, interrupted, answer]);
  });

  test("without the members that say what to do", async () => {
    const { type: _type, id, call_id: callId } = call as { type: string; id?: string; call_id?: string };
    const thread = itemsOf(user, { type, id, ...(callId === undefined ? {} : { call_id: callId }) }, answer);
    await expectRepaired(thread, "synthesize", [user, answer]);
  });

  test("whose answer is empty", async () => {
    const [idMember] = type === "mcp_approval_request" ? ["approval_request_id"] : ["call_id"];
    const empty = { type: (kind.succeeded("c1") as { type: string }).type, [idMember]: "c1" };
    const { thread } = repairThread(itemsOf(user, call, empty, answer), "synthesize");
    const agent = createResponsesAgent({
      client: createResponsesService().client,
      model: "m",
      storage: "local",
    });
    expect((await agent.run("and now?", await agent.deserializeThread(thread))).text).toBe("ok");
  });
});

test.each(rows)("a $type of a tool that is gone becomes text, unless a server has it", ({ kind, type }) => {
  const items = [user, kind.call("c1"), kind.succeeded("c1"), answer];
  const isOfServer = type === "mcp_approval_request";
  const { thread, changes } = repairThread(itemsOf(...items), "synthesize", { tools: ["other"] });
  const described = { type: "message", role: "assistant", content: expect.stringContaining(kind.name) };
  expect(changes.map(({ code }) => code)).toEqual(isOfServer ? [] : ["tool-gone"]);
  expect(messagesOf(thread)).toEqual(isOfServer ? items : [user, described, answer]);
  expect(checkThread(itemsOf(...items), { tools: [kind.name] })).toEqual([]);
});

test.each<[string, object]>([
  ["reasoning", { type: "reasoning", id: "rs_1", encrypted_content: "gAAA" }],
  ["web_search_call", { type: "web_search_call", status: "completed" }],
  ["mcp_call", { type: "mcp_call", id: "mcp_1", server_label: "ops", arguments: "{}" }],
  [
    "apply_patch_call",
    { type: "apply_patch_call", call_id: "c1", operation: { type: "delete_file", path: "a" } },
  ],
  ["mcp_approval_request", { ...CALL_CASES["mcp_approval_request"]?.call("c1"), id: 7 }],
])("a %s without a member that the service requires is dropped", (_type, item) => {
  const thread = itemsOf(user, item, answer);
  expect(codesOf(thread)).toContain("message-invalid");
  expect(messagesOf(repairThread(thread, "synthesize").thread)).toEqual([user, answer]);
});

test("an id that is not sent does not matter", () => {
  expect(checkThread(itemsOf({ ...user, id: null }, { ...answer, id: 7 }))).toEqual([]);
});

describe("an open turn that waits for approval of several kinds", () => {
  test("is kept by a repair, or closed with the answers of each kind", async () => {
    const service = createResponsesService(rows.map(({ type, kind }) => kind.call(type)));
    const tools = rows.flatMap(
      ({ kind }) => kind.tool?.({ needsApproval: true, onRun: () => undefined }) ?? [],
    );
    const hostedTools = rows.flatMap(({ kind }) => (kind.hosted === undefined ? [] : [kind.hosted as never]));
    const agent = createResponsesAgent({
      client: service.client,
      model: "m",
      storage: "local",
      tools,
      hostedTools,
    });
    const { approvals, thread } = await agent.run("go");
    expect(approvals.map(({ kind = "function_call" }) => kind)).toEqual(rows.map(({ type }) => type));
    const serialized = await thread.serialize();
    expect(checkThread(serialized)).toEqual([]);
    const { thread: closed } = repairThread(serialized, "synthesize", { openTurn: "close" });
    expect(messagesOf(closed).slice(-rows.length)).toEqual(
      rows.map(({ type, kind }) => kind.failed(type, INTERRUPTED_RESULT)),
    );
    expect((await agent.run("and now?", await agent.deserializeThread(closed))).text).toBe("ok");
  });
});

test("a call of the service in its container is answered by the service", async () => {
  const call = { ...CALL_CASES["shell_call"]?.call("c1"), environment: { type: "container_reference" } };
  const output = { ...CALL_CASES["shell_call"]?.succeeded("c1"), id: "sho_1", status: "completed" };
  const service = createResponsesService([call, output, CALL_CASES["function_call"]?.call("c2") ?? {}]);
  const tool = CALL_CASES["function_call"]?.tool?.({ onRun: () => undefined });
  const tools = tool === undefined ? [] : [tool];
  const hostedTools = [{ type: "shell", environment: { type: "container_auto" } }] as const;
  const agent = createResponsesAgent({ client: service.client, model: "m", tools, hostedTools });
  const { thread, approvals } = await agent.run("go");
  expect(approvals).toEqual([]);
  expect(service.requests[1]?.["input"]).toEqual([CALL_CASES["function_call"]?.succeeded("c2")]);
  expect(checkThread(await thread.serialize())).toEqual([]);
});
