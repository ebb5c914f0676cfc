import type { SerializedThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { messagesOf, threadOf } from "../../../agent/dist/repair/threads.test-helper.js";
import { checkThread, createResponsesAgent, repairThread } from "../index.ts";
import { invalidRequest } from "../strict-server/request.test-helper.ts";
import {
  createResponsesService,
  type ServiceRule,
  text,
} from "../strict-server/responses-service.test-helper.ts";
import { type CallCase, CALL_CASES } from "./call-kinds.test-helper.ts";

const user = { role: "user", content: "go" };
const answer = text("done");

function itemsOf(...items: object[]): SerializedThread {
  return { ...threadOf(items), kind: "responses" };
}

function caseOf(type: string): CallCase {
  const kind = CALL_CASES[type];
  if (kind === undefined) throw new Error(`There is no case of the type ${type}.`);
  return kind;
}

const acceptsIdsOnce: ServiceRule = {
  source:
    "https://github.com/OpenRouterTeam/ai-sdk-provider/issues/254, https://github.com/microsoft/vscode/issues/321977",
  check: ({ input }) => {
    const ids = input.map(({ id }) => id).filter((id) => typeof id === "string");
    const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
    if (repeated === undefined) return undefined;
    return invalidRequest(
      `Duplicate item found with id ${repeated}. Remove duplicate items from your input and try again.`,
      "input",
    );
  },
};

/** Repairs a thread, and checks that a second repair changes nothing and that the service accepts the thread. */
async function repair(thread: SerializedThread): Promise<readonly unknown[]> {
  const { thread: repaired } = repairThread(thread, "synthesize");
  expect(repairThread(repaired, "synthesize").changes).toEqual([]);
  const service = createResponsesService();
  service.rules.push(acceptsIdsOnce);
  const agent = createResponsesAgent({ client: service.client, model: "m", storage: "local" });
  expect((await agent.run("next", await agent.deserializeThread(repaired))).text).toBe("ok");
  return messagesOf(repaired);
}

const image = "https://pictures.example/a.png";

describe("a content part that the Responses API does not accept", () => {
  test.each([
    ["user", { type: "text", text: "Hi" }, { type: "input_text", text: "Hi" }],
    ["user", { type: "output_text", text: "Hi" }, { type: "input_text", text: "Hi" }],
    [
      "user",
      { type: "image_url", image_url: { url: image } },
      { type: "input_image", image_url: image, detail: "auto" },
    ],
    ["user", { type: "input_image" }, { type: "input_text", text: '{"type":"input_image"}' }],
    ["user", { type: "refusal", refusal: "No." }, { type: "input_text", text: "No." }],
    [
      "user",
      { type: "input_tex", text: "Hi" },
      { type: "input_text", text: '{"type":"input_tex","text":"Hi"}' },
    ],
    ["system", { type: "input_video" }, { type: "input_text", text: '{"type":"input_video"}' }],
    ["developer", { type: "summary_text", text: "Hi" }, { type: "input_text", text: "Hi" }],
    ["assistant", { type: "text", text: "Hi" }, { type: "output_text", text: "Hi" }],
    ["assistant", { type: "input_text", text: "Hi" }, { type: "output_text", text: "Hi" }],
    ["assistant", { type: "output_text" }, { type: "output_text", text: '{"type":"output_text"}' }],
    [
      "assistant",
      { type: "outpu", text: "Hi" },
      { type: "output_text", text: '{"type":"outpu","text":"Hi"}' },
    ],
  ])("in a message of the role %s becomes one: %j", async (role, part, expected) => {
    const thread = itemsOf(user, { role, content: [part] }, answer);
    const path = "$.messages[1].content[0]";
    expect(checkThread(thread)).toMatchObject([{ code: "content-invalid", path }]);
    expect(await repair(thread)).toEqual([user, { role, content: [expected] }, answer]);
  });

  test("in a result becomes one", async () => {
    const { call, succeeded } = caseOf("custom_tool_call");
    const result = { ...succeeded("c1"), output: [{ type: "text", text: "3 rows" }] };
    const repaired = await repair(itemsOf(user, call("c1"), result, answer));
    expect(repaired[2]).toEqual({ ...result, output: [{ type: "input_text", text: "3 rows" }] });
  });

  test.each([
    ["user", { type: "input_file", file_url: "https://files.example/a.pdf" }],
    ["user", { type: "input_audio", input_audio: { data: "", format: "wav" } }],
    ["assistant", { type: "refusal", refusal: "No." }],
  ])("is none of role %s: %j", (role, part) => {
    expect(checkThread(itemsOf(user, { role, content: [part] }, answer))).toEqual([]);
  });
});

test.each<[string, object]>([
  ["mcp_call", { type: "mcp_call", id: "mcp_1", arguments: {}, name: "deploy", server_label: "ops" }],
  ...["", "mcp_".padEnd(70, "0")].flatMap((id): [string, object][] => [
    ["mcp_call", { type: "mcp_call", id, arguments: "{}", name: "deploy", server_label: "ops" }],
    ["mcp_list_tools", { type: "mcp_list_tools", id, server_label: "ops", tools: [] }],
    ["web_search_call", { type: "web_search_call", id, status: "completed" }],
  ]),
  ["mcp_list_tools", { type: "mcp_list_tools", id: "mcpl_1", server_label: "ops", tools: "[]" }],
  ["file_search_call", { type: "file_search_call", id: "fs_1", status: "completed", queries: "q" }],
  [
    "code_interpreter_call",
    { type: "code_interpreter_call", id: "ci_1", status: "completed", container_id: null },
  ],
  ["image_generation_call", { type: "image_generation_call", id: "ig_1", status: "completed", result: 1 }],
  ["compaction", { type: "compaction", id: "cmp_1" }],
  ["reasoning", { type: "reasoning", id: "rs_1", summary: ["Hm."], encrypted_content: "x" }],
  ["shell_call", { type: "shell_call", call_id: "c1", action: {}, status: "completed" }],
  [
    "local_shell_call",
    { type: "local_shell_call", id: "lsh_1", call_id: "c1", action: { type: "exec", env: {} } },
  ],
  [
    "apply_patch_call",
    { type: "apply_patch_call", call_id: "c1", operation: { path: "a" }, status: "completed" },
  ],
])("a %s with a member of the wrong type is found and dropped", async (_type, item) => {
  const thread = itemsOf(user, item, answer);
  expect(checkThread(thread)).not.toEqual([]);
  expect(await repair(thread)).toEqual([user, answer]);
});

test.each<[string, object]>([
  ["shell_call", { output: [{ stdout: "a" }] }],
  ...[{}, { type: "exit" }, { type: "done" }, { type: "exit", exit_code: "0" }, { exit_code: 0 }].map(
    (outcome): [string, object] => ["shell_call", { output: [{ stdout: "a", stderr: "", outcome }] }],
  ),
  ["apply_patch_call", { output: ["done"] }],
  ["computer_call", { output: { type: "computer_screenshot" } }],
])("an incomplete answer to a %s is replaced", async (type, members) => {
  const { call, succeeded, failed } = caseOf(type);
  const thread = itemsOf(user, call("c1"), { ...succeeded("c1"), ...members }, answer);
  expect(checkThread(thread)).toMatchObject([{ code: "content-invalid" }]);
  expect(await repair(thread)).toMatchObject([
    user,
    call("c1"),
    failed("c1", expect.any(String) as string),
    answer,
  ]);
});

test.each<[string, object, string[]]>([
  ["the status of an answer", { ...answer, status: "done" }, ["status"]],
  ["an empty status", { ...answer, status: "" }, ["status"]],
  ["a status that is null", { ...user, type: "message", status: null }, ["status"]],
  ["a status that is a number", { ...user, status: 1 }, ["status"]],
  ["a type that is null", { ...user, type: null }, ["type"]],
  ["a type that is an object", { ...user, type: {} }, ["type"]],
  ["a type and a status of an answer", { ...answer, type: null, status: "x" }, ["type", "status"]],
])("%s that the service rejects is removed", async (_name, message, members) => {
  const others = Object.entries(message).filter(([name]) => !members.includes(name));
  const thread = itemsOf({ ...user, content: "first" }, message, { ...user, content: "last" });
  const { client } = createResponsesService();
  const request = client.responses.create({ model: "m", input: messagesOf(thread) as never });
  await expect(request).rejects.toThrow("400 Invalid value");
  const expected = members.map((name) => ({ code: "member-unsupported", path: `$.messages[1].${name}` }));
  expect(checkThread(thread)).toMatchObject(expected);
  expect((await repair(thread))[1]).toEqual(Object.fromEntries(others));
});

test.each(["completed", "in_progress", "incomplete"])("the status %s stays", (status) => {
  expect(checkThread(itemsOf(user, { ...answer, status }))).toEqual([]);
});

describe("a turn that was stored twice", () => {
  test("keeps each action of the service once", async () => {
    const turn = [
      user,
      { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } },
      { type: "mcp_list_tools", id: "mcpl_1", server_label: "ops", tools: [] },
      answer,
    ];
    const thread = itemsOf(...turn, ...turn);
    expect(checkThread(thread).map(({ code, path }) => [code, path])).toEqual([
      ["message-duplicated", "$.messages[5]"],
      ["message-duplicated", "$.messages[6]"],
    ]);
    expect(await repair(thread)).toEqual([...turn, user, answer]);
  });

  test.each(Object.entries(CALL_CASES))("keeps a %s under another id", async (_type, { call, succeeded }) => {
    const turn = [user, call("mcpr_1"), succeeded("mcpr_1"), answer];
    const repaired = await repair(itemsOf(...turn, ...turn));
    expect(repaired).toHaveLength(8);
    expect(repaired.slice(0, 4)).toEqual(turn);
  });
});
