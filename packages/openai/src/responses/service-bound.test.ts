import { describe, expect, test } from "vitest";
import {
  checkThread,
  createResponsesAgent,
  type ResponsesAgent,
  type ResponsesEvent,
  type ResponsesResult,
} from "../index.ts";
import { invalidRequest, type Message } from "../strict-server/request.test-helper.ts";
import {
  createResponsesService,
  text,
  type ResponsesService,
} from "../strict-server/responses-service.test-helper.ts";
import {
  type ServiceBoundCase,
  SERVICE_BOUND_RULES,
  ZERO_DATA_RETENTION,
} from "../strict-server/service-bound-rules.test-helper.ts";
import { CALL_CASES } from "./call-kinds.test-helper.ts";
import { dropLoneReasoning } from "./portable-content.ts";
import type { ResponseItem } from "./response-item.ts";

type Storage = "conversation" | "local" | "response";

const STORAGES: readonly Storage[] = ["response", "conversation", "local"];
const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA_old" };
const fresh = { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "gAAA_new" };
const interpreter = {
  type: "code_interpreter_call",
  id: "ci_1",
  status: "completed",
  code: "1 + 1",
  container_id: "cntr_1",
  outputs: [{ type: "logs", logs: "2" }],
};
const mcp = {
  type: "mcp_call",
  id: "mcp_1",
  server_label: "ops",
  name: "deploy",
  arguments: "{}",
  output: "v7",
};
const search = { type: "web_search_call", id: "ws_1", status: "completed" };
const picture = [
  { type: "input_text", text: "What is this?" },
  { type: "input_image", detail: "auto", image_url: "https://files.test/1.png" },
];
const document = [{ type: "input_file", file_id: "file-1" }];

interface Row {
  readonly rule: ServiceBoundCase;
  readonly input?: object;
  readonly output: readonly object[];
  readonly leftOut: readonly object[];
  /** The first items of the request after the rejection. */
  readonly portable: readonly unknown[];
}

const go = { type: "message", role: "user", content: "go" };
const asText = (content: unknown) => ({ type: "message", role: "assistant", content });

const rows: readonly Row[] = [
  {
    rule: "encrypted content of another key",
    output: [reasoning, text("fine")],
    leftOut: [{ reason: "reasoning", count: 1 }],
    portable: [go, expect.objectContaining({ role: "assistant" })],
  },
  {
    rule: "encrypted content that cannot be parsed",
    output: [reasoning, text("fine")],
    leftOut: [{ reason: "reasoning", count: 1 }],
    portable: [go, expect.objectContaining({ role: "assistant" })],
  },
  ...(["an expired container", "a container of another account"] as const).map((rule) => ({
    rule,
    output: [interpreter, text("fine")],
    leftOut: [{ reason: "containers", count: 1 }],
    portable: [go, asText(expect.stringMatching(/code_interpreter.*1 \+ 1.*2/u))],
  })),
  {
    rule: "an item that is not stored",
    output: [search, mcp, text("fine")],
    leftOut: [{ reason: "stored-items", count: 2 }],
    portable: [
      go,
      asText(expect.stringMatching(/deploy.*v7/u)),
      expect.objectContaining({ role: "assistant" }),
    ],
  },
  {
    rule: "a URL that has expired",
    input: { type: "message", role: "user", content: picture },
    output: [text("fine")],
    leftOut: [{ reason: "files", count: 1 }],
    portable: [
      {
        type: "message",
        role: "user",
        content: [picture[0], { type: "input_text", text: expect.any(String) }],
      },
    ],
  },
  {
    rule: "a file that was deleted",
    input: { type: "message", role: "user", content: document },
    output: [text("fine")],
    leftOut: [{ reason: "files", count: 1 }],
    portable: [
      { type: "message", role: "user", content: [{ type: "input_text", text: expect.any(String) }] },
    ],
  },
];

const everyRow = rows.flatMap((row) =>
  STORAGES.flatMap((storage) => [false, true].map((isStreamed) => ({ ...row, storage, isStreamed }))),
);

function agentOf({ client }: ResponsesService, storage: Storage): ResponsesAgent {
  return createResponsesAgent({ client, model: "m", storage });
}

async function run(
  agent: ResponsesAgent,
  isStreamed: boolean,
  ...args: Parameters<ResponsesAgent["run"]>
): Promise<ResponsesResult & { events: ResponsesEvent[] }> {
  if (!isStreamed) return { ...(await agent.run(...args)), events: [] };
  const events: ResponsesEvent[] = [];
  const stream = agent.runStream(...args);
  for await (const event of stream) events.push(event);
  return { ...(await stream.result), events };
}

function inputOf(service: ResponsesService, index: number): Message[] {
  return (service.requests.at(index)?.["input"] ?? []) as Message[];
}

describe.each(everyRow)("$rule, with storage $storage, streamed: $isStreamed", (row) => {
  const { rule, input = "go", output, leftOut, portable, storage, isStreamed } = row;

  test("is left out with a report, and the thread keeps it", async () => {
    const service = createResponsesService([...output]);
    const agent = agentOf(service, storage);
    const first = await run(agent, isStreamed, input as "go");
    expect(first.leftOut).toEqual([]);
    service.rules.push(SERVICE_BOUND_RULES[rule]);
    const before = first.thread.messages;
    const second = await run(agent, isStreamed, "and now?", first.thread);
    expect(second).toMatchObject({ text: "ok", leftOut });
    expect(service.requests).toHaveLength(3);
    expect(inputOf(service, -1).slice(0, portable.length)).toEqual(portable);
    expect(second.thread.messages.slice(0, before.length)).toEqual(before);
    expect(checkThread(await second.thread.serialize())).toEqual([]);
    if (!isStreamed) return;
    const reports = second.events.filter(({ type }) => type === "left-out" || type === "restarted");
    expect(reports).toEqual([
      ...(storage === "local" ? [] : [{ type: "restarted" }]),
      ...leftOut.map((left) => ({ type: "left-out", ...left })),
    ]);
  });
});

describe.each(STORAGES)("with storage %s", (storage) => {
  test("later turns leave it out at once, and use what was added since", async () => {
    const service = createResponsesService([reasoning, text("one")]);
    const agent = agentOf(service, storage);
    const { thread } = await agent.run("go");
    service.rules.push(SERVICE_BOUND_RULES["encrypted content of another key"]);
    await agent.run("and now?", thread);
    const requests = service.requests.length;
    const restored = await agent.deserializeThread(JSON.stringify(await thread.serialize()));
    const third = await agent.run("and then?", restored);
    expect(third.text).toBe("ok");
    expect(service.requests).toHaveLength(requests + 1);
    expect(third.leftOut).toEqual(storage === "local" ? [{ reason: "reasoning", count: 1 }] : []);
  });

  test("a turn of several requests reports it once", async () => {
    const call = CALL_CASES["function_call"];
    const service = createResponsesService([reasoning, text("one")], [call?.call("c1") ?? {}]);
    const tool = call?.tool?.({ onRun: () => undefined });
    const tools = tool === undefined ? [] : [tool];
    const agent = createResponsesAgent({ client: service.client, model: "m", storage, tools });
    const { thread } = await agent.run("go");
    service.rules.push(SERVICE_BOUND_RULES["encrypted content of another key"]);
    const second = await agent.run("and now?", thread);
    expect(second).toMatchObject({ text: "ok", leftOut: [{ reason: "reasoning", count: 1 }] });
    expect(service.requests).toHaveLength(4);
  });

  test("two kinds of content at once are both left out", async () => {
    const service = createResponsesService([reasoning, interpreter, text("one")]);
    const agent = agentOf(service, storage);
    const { thread } = await agent.run("go");
    service.rules.push(
      SERVICE_BOUND_RULES["encrypted content of another key"],
      SERVICE_BOUND_RULES["an expired container"],
    );
    const { leftOut } = await agent.run("and now?", thread);
    expect(leftOut.map(({ reason }) => reason).toSorted()).toEqual(["containers", "reasoning"]);
  });

  test("the same rejection again rejects", async () => {
    const service = createResponsesService([reasoning, text("one")]);
    const agent = agentOf(service, storage);
    const { thread } = await agent.run("go");
    const rejection = invalidRequest(
      "The encrypted content could not be verified.",
      null,
      "invalid_encrypted_content",
    );
    service.rules.push({ source: "", check: () => rejection });
    await expect(agent.run("and now?", thread)).rejects.toMatchObject({ code: "MODEL_REFUSED", status: 400 });
    expect(service.requests).toHaveLength(3);
  });

  test("a URL in the input of this run rejects, and is not replaced", async () => {
    const service = createResponsesService([text("one")]);
    const agent = agentOf(service, storage);
    const { thread } = await agent.run("go");
    service.rules.push(SERVICE_BOUND_RULES["a URL that has expired"]);
    const input = { type: "message", role: "user", content: picture } as never;
    await expect(agent.run(input, thread)).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    expect(service.requests).toHaveLength(2);
  });

  test.each([
    [
      404,
      "model_not_found",
      "The model `conversation-resp_1` does not exist or you do not have access to it.",
    ],
    [404, null, "Not found"],
    [404, null, "Vector store with id 'vs_1' not found."],
    [400, null, "Tool choice 'file_search' not found in 'tools' parameter."],
    [400, null, "Container is expired."],
    [400, "invalid_image_url", "Failed to download image from https://other.test/1.png"],
    [400, "context_length_exceeded", "Your input exceeds the context window of this model."],
    [400, null, "Invalid 'input[0].content'."],
    [401, "invalid_api_key", "Previous response with id 'resp_1' not found."],
    [429, "rate_limit_exceeded", "Container is expired."],
  ])("an error %i %s does not restart the conversation", async (status, code, message) => {
    const service = createResponsesService([reasoning, text("one")]);
    const agent = agentOf(service, storage);
    const { thread } = await agent.run("go");
    service.rules.push({
      source: "",
      check: () => ({ status, error: { message, code, type: "", param: null } }),
    });
    await expect(agent.run("and now?", thread)).rejects.toMatchObject({ status });
    expect(service.requests).toHaveLength(2);
    expect(service.stored.size).toBeLessThanOrEqual(2);
  });
});

test.each([
  ["Container with id 'cntr_1' not found.", "containers"],
  ["File with id 'file-1234' not found.", "files"],
  ["The file file-1234 does not exist.", "files"],
  ["Item 'ws_1' not found.", "stored-items"],
])("content is left out after the words %s", async (message, reason) => {
  const service = createResponsesService([text("one")]);
  const items = [
    { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } },
    {
      type: "code_interpreter_call",
      id: "ci_1",
      status: "completed",
      container_id: "cntr_1",
      code: "1",
      outputs: [],
    },
    { role: "user", content: [{ type: "input_file", file_id: "file-1234" }] },
  ];
  const agent = agentOf(service, "local");
  const { thread } = await agent.run(items as never);
  let isRejected = false;
  service.rules.push({
    source: "variants of the service's words",
    check: () => {
      if (isRejected) return undefined;
      isRejected = true;
      return { status: 404, error: { message, type: "", param: null, code: null } };
    },
  });
  expect((await agent.run("and now?", thread)).leftOut).toMatchObject([{ reason }]);
});

describe.each(["response", "conversation"] as const)("a service that stores the %s", (storage) => {
  test("and has forgotten it receives the thread, without content that it rejects as well", async () => {
    const lookedUp = { type: "reasoning", id: "rs_3", summary: [] };
    const service = createResponsesService([lookedUp, reasoning, text("one")]);
    const agent = agentOf(service, storage);
    const { thread } = await agent.run("go");
    service.stored.clear();
    service.rules.push(SERVICE_BOUND_RULES["encrypted content of another key"]);
    const second = await agent.run("and now?", thread);
    expect(second.leftOut).toEqual([{ reason: "reasoning", count: 2 }]);
    expect((await agent.run("and then?", thread)).leftOut).toEqual([]);
  });

  test("does not keep a call of a failed run from being left behind", async () => {
    const call = CALL_CASES["function_call"]?.call("c1") ?? {};
    const service = createResponsesService([text("one")], [call]);
    const agent = createResponsesAgent({ client: service.client, model: "m", storage, maxToolRounds: 0 });
    const { thread } = await agent.run("go");
    await expect(agent.run("call it", thread)).rejects.toMatchObject({ code: "TOO_MANY_TOOL_ROUNDS" });
    expect((await agent.run("and now?", thread)).text).toBe("ok");
  });
});

test("repetitions of a rejected request use one conversation of the service", async () => {
  const service = createResponsesService([reasoning, interpreter, text("one")]);
  const { thread } = await agentOf(service, "local").run("go");
  service.rules.push(
    SERVICE_BOUND_RULES["encrypted content of another key"],
    SERVICE_BOUND_RULES["an expired container"],
  );
  const { text: said } = await agentOf(service, "conversation").run("and now?", thread);
  expect(said).toBe("ok");
  expect(service.requests).toHaveLength(4);
  expect([...service.stored.keys()].filter((id) => id.startsWith("conv_"))).toHaveLength(1);
});

test("a conversation of the service is not used again after an error that may have added to it", async () => {
  const service = createResponsesService();
  const agent = agentOf(service, "conversation");
  const { thread } = await agent.run("go");
  service.stored.delete("conv_1");
  const down = { status: 500, error: { message: "down", type: "", param: null, code: null } };
  service.rules.push({ source: "", check: () => down });
  await expect(agent.run("and now?", thread)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
  service.rules.pop();
  expect((await agent.run("and now?", thread)).text).toBe("ok");
  expect([...service.stored.keys()].filter((id) => id.startsWith("conv_"))).toHaveLength(2);
});

describe("an answer of reasoning alone", () => {
  test.each(STORAGES)("does not break the conversation, with storage %s", async (storage) => {
    const service = createResponsesService([fresh]);
    const agent = agentOf(service, storage);
    const { thread } = await agent.run("go");
    expect((await agent.run("and now?", thread)).text).toBe("ok");
    expect((await agent.run("and then?", thread)).text).toBe("ok");
  });
});

describe("an approval of an MCP call", () => {
  test("keeps the request that it answers, although the service rejects its other items", async () => {
    const request = CALL_CASES["mcp_approval_request"]?.call("mcpr_1") ?? {};
    const service = createResponsesService([mcp, request]);
    const hostedTools = [CALL_CASES["mcp_approval_request"]?.hosted as never];
    const agent = createResponsesAgent({ client: service.client, model: "m", storage: "local", hostedTools });
    const { thread, approvals } = await agent.run("go");
    service.rules.push(SERVICE_BOUND_RULES["an item that is not stored"]);
    const second = await agent.resume(thread, {
      approvals: approvals.map((call) => ({ ...call, approved: true })),
    });
    expect(second).toMatchObject({ text: "ok", leftOut: [{ reason: "stored-items", count: 1 }] });
    expect(inputOf(service, -1)).toContainEqual(request);
  });
});

describe("an organization with Zero Data Retention", () => {
  test.each([
    "Previous response cannot be used for this organization due to Zero Data Retention.",
    "`previous_response_id` is not supported for organizations with zero-data-retention.",
    "Storing responses is not allowed for ZDR organizations.",
    "The parameter `store` must be set to false.",
    "Store must be 'false' for this organization.",
  ])("is told which option to use: %s", async (message) => {
    const service = createResponsesService();
    service.rules.push({
      source: "variants of the service's words",
      check: () => ({ status: 400, error: { message, type: "", param: null, code: null } }),
    });
    await expect(agentOf(service, "response").run("go")).rejects.toThrow('`storage: "local"`');
  });

  test.each([false, true])(
    "is told which option to use, and continues with it, streamed: %s",
    async (isStreamed) => {
      const service = createResponsesService([reasoning, text("one")]);
      service.rules.push(ZERO_DATA_RETENTION);
      const { thread } = await run(agentOf(service, "response"), isStreamed, "go");
      const error: unknown = await run(agentOf(service, "response"), isStreamed, "and now?", thread).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: "MODEL_REFUSED", status: 400 });
      expect(String(error)).toContain('`storage: "local"`');
      expect(String(error)).toContain("reasoning.encrypted_content");
      const parameters = { include: ["reasoning.encrypted_content" as const] };
      const local = createResponsesAgent({
        client: service.client,
        model: "m",
        storage: "local",
        parameters,
      });
      expect(await run(local, isStreamed, "and now?", thread)).toMatchObject({ text: "ok", leftOut: [] });
      expect(service.requests.at(-1)).toMatchObject({ store: false, ...parameters });
    },
  );
});

describe("a rejection within a stream", () => {
  const error = {
    code: "invalid_encrypted_content",
    message: "The encrypted content could not be verified.",
  };
  const delta = { type: "response.output_text.delta", delta: "He", item_id: "msg_9", output_index: 0 };
  const endings: Record<string, object[]> = {
    "an event of the API": [{ type: "error", ...error, param: null, sequence_number: 1 }],
    "an error of the gateway": [{ type: "error", error }],
    "a failed response": [
      { type: "response.failed", response: { id: "r", status: "failed", output: [], error } },
    ],
  };

  test.each(Object.keys(endings))("leaves the content out after %s", async (name) => {
    const service = createResponsesService([reasoning, text("one")], { events: endings[name] });
    const agent = agentOf(service, "local");
    const { thread } = await agent.run("go");
    const second = await run(agent, true, "and now?", thread);
    expect(second).toMatchObject({ text: "ok", leftOut: [{ reason: "reasoning", count: 1 }] });
  });

  test.each(Object.keys(endings))("rejects after output and %s", async (name) => {
    const service = createResponsesService([reasoning, text("one")], {
      events: [delta, ...(endings[name] ?? [])],
    });
    const agent = agentOf(service, "local");
    const { thread } = await agent.run("go");
    await expect(run(agent, true, "and now?", thread)).rejects.toMatchObject({
      code: expect.stringMatching(/MODEL_REFUSED|STREAM_INTERRUPTED/u),
    });
    expect(service.requests).toHaveLength(2);
  });
});

describe("files in other places", () => {
  const image = { type: "input_image", detail: "auto", image_url: "https://files.test/1.png" };
  const call = CALL_CASES["function_call"]?.call("c1") ?? {};
  const computer = CALL_CASES["computer_call"]?.call("c2") ?? {};
  const screenshot = { type: "computer_screenshot", image_url: "https://files.test/1.png" };

  test.each<[string, object[], unknown]>([
    [
      "an output of a function",
      [call, { type: "function_call_output", call_id: "c1", output: [image] }],
      {
        type: "function_call_output",
        call_id: "c1",
        output: [expect.objectContaining({ type: "input_text" })],
      },
    ],
    [
      "a screenshot",
      [computer, { type: "computer_call_output", call_id: "c2", output: screenshot }],
      expect.objectContaining({
        type: "computer_call_output",
        output: { type: "computer_screenshot", image_url: expect.stringMatching(/^data:/u) },
      }),
    ],
  ])("%s is replaced", async (_name, items, replaced) => {
    const service = createResponsesService();
    const agent = agentOf(service, "local");
    const { thread } = await agent.run([{ type: "message", role: "user", content: "go" }, ...items] as never);
    service.rules.push(SERVICE_BOUND_RULES["a URL that has expired"]);
    expect(await agent.run("and now?", thread)).toMatchObject({ leftOut: [{ reason: "files", count: 1 }] });
    expect(inputOf(service, -1)).toContainEqual(replaced);
  });

  test("a citation of a file in a container is removed with the container", async () => {
    const annotation = { type: "container_file_citation", container_id: "cntr_1", file_id: "cfile_1" };
    const cited = {
      ...text("see it"),
      content: [{ type: "output_text", text: "see it", annotations: [annotation] }],
    };
    const service = createResponsesService([interpreter, cited]);
    const agent = agentOf(service, "local");
    const { thread } = await agent.run("go");
    service.rules.push(SERVICE_BOUND_RULES["an expired container"]);
    expect(await agent.run("and now?", thread)).toMatchObject({
      leftOut: [{ reason: "containers", count: 2 }],
    });
    expect(JSON.stringify(inputOf(service, -1))).toContain("see it");
  });
});

test("reasoning is dropped if the next item is not output of the model", () => {
  const lone: ResponseItem = { type: "reasoning", id: "rs_1", summary: [] };
  const answer: ResponseItem = { type: "function_call_output", call_id: "c1", output: "done" };
  const said: ResponseItem = { role: "assistant", content: "Hello" };
  const items = [lone, answer, lone, lone, said, lone];
  expect(dropLoneReasoning(items)).toEqual([answer, lone, lone, said]);
});
