import type { Tool as HostedTool } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { checkThread, createChatAgent, createResponsesAgent, defineTool } from "../index.ts";
import type { Message } from "../strict-server/request.test-helper.ts";
import { createResponsesService, text } from "../strict-server/responses-service.test-helper.ts";
import { customTool, shellTool } from "./tools/index.ts";

/** The items of calls that the service runs, as it returns them. */
const HOSTED: readonly Message[] = [
  { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } },
  { type: "file_search_call", id: "fs_1", status: "completed", queries: ["q"], results: null },
  {
    type: "code_interpreter_call",
    id: "ci_1",
    status: "completed",
    code: "1",
    container_id: "cntr_1",
    outputs: [],
  },
  { type: "image_generation_call", id: "ig_1", status: "completed", result: "iVBO" },
  { type: "mcp_list_tools", id: "mcpl_1", server_label: "ops", tools: [] },
  { type: "mcp_call", id: "mcp_1", server_label: "ops", name: "deploy", arguments: "{}", output: "done" },
];

describe.each(["local", "response", "conversation"] as const)("with storage %s", (storage) => {
  test.each(HOSTED)("the conversation continues after a $type", async (item) => {
    const service = createResponsesService([item, text("found")]);
    const agent = createResponsesAgent({ client: service.client, model: "m", storage });
    const { thread, approvals } = await agent.run("go");
    expect(approvals).toEqual([]);
    const restored = await agent.deserializeThread(JSON.stringify(await thread.serialize()));
    expect((await agent.run("and now?", restored)).text).toBe("ok");
    const input = service.requests[1]?.["input"] as Message[];
    expect(input.filter(({ type }) => type === item["type"])).toEqual(storage === "local" ? [item] : []);
  });

  test.each([
    { type: "future_call", id: "fu_1", call_id: "c1", action: {} },
    { type: "future_approval_request", id: "fr_1" },
  ])("an unknown call, $type, rejects by name instead of ending the turn", async (item) => {
    const service = createResponsesService([item]);
    const agent = createResponsesAgent({ client: service.client, model: "m", storage });
    const thread = agent.getNewThread();
    const error: unknown = await agent.run("go", thread).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "TOOL_MISSING", message: expect.stringContaining(item.type) });
    expect(thread.messages).toEqual([]);
  });

  test.each([
    { type: "future_call", id: "fu_1", status: "completed" },
    { type: "future_note", id: "fu_1" },
  ])("an unknown item that the service completed, $type, is kept", async (item) => {
    const service = createResponsesService([item, text("found")]);
    const agent = createResponsesAgent({ client: service.client, model: "m", storage });
    expect((await agent.run("go")).messages[1]).toEqual(item);
  });
});

test("an unknown call that the service answers in its response is kept", async () => {
  const items = [
    { type: "future_call", call_id: "c1" },
    { type: "future_call_output", call_id: "c1" },
    text("found"),
  ];
  const agent = createResponsesAgent({ client: createResponsesService(items).client, model: "m" });
  expect((await agent.run("go")).text).toBe("found");
});

describe.each(["local", "response", "conversation"] as const)("with storage %s", (storage) => {
  test("calls within a program of the service are answered to the program", async () => {
    const program = { type: "program", id: "prog_1", call_id: "p1", code: "await sql()", fingerprint: "x" };
    const caller = { type: "program", caller_id: "p1" };
    const call = { type: "function_call", id: "fc_1", call_id: "c1", name: "sql", arguments: "{}", caller };
    const service = createResponsesService([program, call]);
    const tools = [defineTool({ name: "sql", run: () => "done" })];
    const agent = createResponsesAgent({ client: service.client, model: "m", storage, tools });
    const { thread } = await agent.run("go");
    const input = service.requests[1]?.["input"] as Message[];
    expect(input.at(-1)).toMatchObject({ type: "function_call_output", call_id: "c1", caller });
    expect(input.filter(({ type }) => type === "program")).toEqual(storage === "local" ? [program] : []);
    expect(checkThread(thread)).toEqual([]);
  });
});

test.each([
  [
    "a custom call at the end",
    { type: "custom_tool_call", id: "ctc_1", call_id: "c1", name: "sql", input: "delete fr" },
  ],
  [
    "a call that says so",
    { type: "shell_call", id: "sh_1", call_id: "c1", action: { commands: [] }, status: "incomplete" },
  ],
  ["a function", { type: "function_call", id: "fc_1", call_id: "c1", name: "sql", arguments: '{"a' }],
  [
    "a call that follows a whole one",
    { type: "function_call", id: "fc_1", call_id: "c1", name: "sql", arguments: "{}", status: "incomplete" },
    { type: "custom_tool_call", id: "ctc_1", call_id: "c2", name: "sql", input: "delete fr" },
  ],
])("a response that was cut off within %s runs nothing", async (_name, ...output) => {
  const runs: unknown[] = [];
  const incomplete = {
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    output,
  };
  const tools = [
    customTool({ name: "sql", run: (input) => runs.push(input) }),
    shellTool({ run: ({ commands }) => String(runs.push(commands)) }),
  ];
  const agent = createResponsesAgent({
    client: createResponsesService(incomplete).client,
    model: "m",
    tools,
  });
  await expect(agent.run("go")).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  expect(runs).toEqual([]);
});

test.each([
  [{ type: "function", name: "f", parameters: {}, strict: false }, "defineTool"],
  [{ type: "custom", name: "c" }, "customTool"],
  [{ type: "shell" }, "shellTool"],
  [{ type: "shell", environment: { type: "local" } }, "shellTool"],
  [{ type: "local_shell" }, "localShellTool"],
  [{ type: "apply_patch" }, "applyPatchTool"],
  [{ type: "computer" }, "computerTool"],
  [
    { type: "computer_use_preview", display_width: 1, display_height: 1, environment: "linux" },
    "computerTool",
  ],
  [{ type: "namespace", name: "n", description: "", tools: [] }, "one by one"],
  [{ type: "tool_search", execution: "client" }, "execution"],
] as const)("a hosted tool whose calls the application must answer is rejected: %j", (tool, remedy) => {
  const { client } = createResponsesService();
  const create = () =>
    createResponsesAgent({ client, model: "m", hostedTools: [{ type: "web_search" }, tool as HostedTool] });
  expect(create).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      path: "hostedTools[1]",
      message: expect.stringContaining(remedy),
    }),
  );
});

test.each([
  [{}, "hostedTools"],
  [[null], "hostedTools[0]"],
  [[{ type: 5 }], "hostedTools[0]"],
])("hosted tools that are not an array of declarations are rejected: %j", (hostedTools, path) => {
  const { client } = createResponsesService();
  const create = () => createResponsesAgent({ client, model: "m", hostedTools: hostedTools as never });
  expect(create).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }));
});

test("tools of the same name but different kinds are different tools, and of one kind are rejected", () => {
  const { client } = createResponsesService();
  const shell = shellTool({ run: () => "" });
  const custom = customTool({ name: "shell", run: () => "" });
  expect(() => createResponsesAgent({ client, model: "m", tools: [shell, custom] })).not.toThrow();
  expect(() => createResponsesAgent({ client, model: "m", tools: [shell, shell] })).toThrow("same name");
});

test("an agent of Chat Completions rejects tools of the Responses API", () => {
  const { client } = createResponsesService();
  const tools = [customTool({ name: "sql", run: () => "" })];
  expect(() => createChatAgent({ client, model: "m", tools })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", path: "tools[0]" }),
  );
});
