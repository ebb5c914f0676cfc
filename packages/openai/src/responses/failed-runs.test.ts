import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, test, vi } from "vitest";
import { checkThread, createResponsesAgent, openConversation, type ResponsesAgent } from "../index.ts";
import { invalidRequest, type Message } from "../strict-server/request.test-helper.ts";
import {
  createResponsesService,
  type ResponsesService,
  type ServiceRule,
  text,
} from "../strict-server/responses-service.test-helper.ts";
import { CALL_CASES, type CallCase } from "./call-kinds.test-helper.ts";

// A run that fails can leave a call without an answer in the service's copy of the conversation, or one that the service
// rejects from then on. The next run must continue in any case.

const STORAGES = ["conversation", "response", "local"] as const;
type Storage = (typeof STORAGES)[number];

/** Rejects every request with such an item among those that the model sees, as a content filter does. */
function filter(matches: (item: Message) => boolean): ServiceRule {
  const rejection = invalidRequest("Filtered.", "input", "content_filter");
  return { source: "a content filter", check: ({ items }) => (items.some(matches) ? rejection : undefined) };
}

interface Setup {
  readonly service: ResponsesService;
  readonly store: ThreadStore;
  readonly agent: ResponsesAgent;
  readonly stop: AbortController;
  /** Resolves when the tool runs. */
  readonly hasStarted: () => Promise<void>;
}

interface Faults {
  readonly hangs?: boolean;
  readonly maxToolRounds?: number;
}

function prepare(kind: CallCase, storage: Storage, { hangs = false, maxToolRounds }: Faults = {}): Setup {
  // The answer of an earlier turn, so that the thread refers to a conversation of the service.
  const service = createResponsesService([text("hello", 1)], [kind.call("c1")]);
  let runs = 0;
  const tool = kind.tool?.({ onRun: () => void (runs += 1) });
  const hanging = tool && {
    ...tool,
    prepare: async () => ({
      valid: true as const,
      needsApproval: async () => false,
      run: () => ((runs += 1), new Promise<never>(() => {})),
    }),
  };
  const tools = [hangs ? hanging : tool].filter((each) => each !== undefined);
  const hostedTools = kind.hosted === undefined ? [] : [kind.hosted as never];
  const settings = { client: service.client, model: "m", storage, tools, hostedTools, maxToolRounds };
  const hasStarted = async (): Promise<void> => {
    await vi.waitUntil(() => runs > 0, { interval: 1 });
  };
  const agent = createResponsesAgent(settings);
  return { service, store: memoryStore(), agent, stop: new AbortController(), hasStarted };
}

/** Lets a turn with a call fail. Other calls than those of MCP servers run at once. */
const FAILURES: {
  readonly [name: string]: {
    readonly faults?: Faults;
    readonly fail: (setup: Setup, run: (signal?: AbortSignal) => Promise<unknown>) => Promise<unknown>;
  };
} = {
  "the service rejects the result": {
    fail: async ({ service }, run) => {
      service.rules.push(filter(({ type }) => /_output$|_response$/u.test(String(type))));
      await expect(run()).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    },
  },
  "the service rejects the call": {
    fail: async ({ service }, run) => {
      service.rules.push(filter(({ type }) => /_call$|_request$/u.test(String(type))));
      await expect(run()).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    },
  },
  "the service is down, and then rejects the call": {
    fail: async ({ service }, run) => {
      const down = { status: 500, error: { message: "down", type: "", param: null, code: null } };
      const isAnswered = ({ input }: { input: readonly Message[] }) =>
        input.some(({ type }) => /_output$|_response$/u.test(String(type)));
      service.rules.push({ source: "", check: (request) => (isAnswered(request) ? down : undefined) });
      await expect(run()).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      service.rules.splice(
        0,
        1,
        filter(({ type }) => /_call$|_request$/u.test(String(type))),
      );
    },
  },
  "the caller stops it while the tool runs": {
    faults: { hangs: true },
    fail: async ({ stop, hasStarted }, run) => {
      const running = run(stop.signal);
      running.catch(() => undefined);
      await hasStarted();
      stop.abort("stop");
      await expect(running).rejects.toBe("stop");
    },
  },
  "it has too many tool rounds": {
    faults: { maxToolRounds: 0 },
    fail: async (_setup, run) => expect(run()).rejects.toMatchObject({ code: "TOO_MANY_TOOL_ROUNDS" }),
  },
};

const ROWS = Object.entries(CALL_CASES).flatMap(([type, kind]) =>
  STORAGES.flatMap((storage) =>
    Object.entries(FAILURES).flatMap(([failure, how]) =>
      [true, false].map((journal) => ({ type, kind, storage, failure, how, journal })),
    ),
  ),
);

/** A call of an MCP server waits for approval, and does not run in this process. */
const isPossible = ({ kind, failure }: { kind: CallCase; failure: string }): boolean =>
  kind.tool !== undefined || failure.startsWith("the service");

/** `npm test` tries the other kinds of call only where the service has a copy that can differ from the thread. */
const isTried = ({ type, storage, journal }: { type: string; storage: Storage; journal: boolean }): boolean =>
  process.env["THREADSTORE_CONFORMANCE_EFFORT"] !== "quick" ||
  type === "function_call" ||
  (storage === "conversation" && !journal);

describe.each(ROWS.filter(isPossible).filter(isTried))(
  "a turn with a $type ($storage, journal: $journal)",
  (row) => {
    const { kind, storage, failure, how, journal } = row;

    test(`leaves a conversation that continues if ${failure}`, async () => {
      const setup = prepare(kind, storage, how.faults);
      const { service, store, agent } = setup;
      const open = () => openConversation({ agent, store, id: "c", journal });
      await open().run("hello");
      await how.fail(setup, async (signal) => {
        const first = await open().run("go", { signal });
        if (first.status === "completed") return first;
        const approvals = first.approvals.map((call) => ({ ...call, approved: true }));
        return open().resume({ approvals, signal });
      });
      const next = await open().run("next", { openTurn: "close" });
      expect(next).toMatchObject({ status: "completed", text: "ok" });
      const requests = service.requests.length;
      expect((await open().run("and then?")).text).toBe("ok");
      expect(service.requests).toHaveLength(requests + 1);
      expect(checkThread(await next.thread.serialize())).toEqual([]);
    });
  },
);

const CALLS = Object.entries(CALL_CASES).filter(([, { tool }]) => tool !== undefined);

describe.each(CALLS)(
  "a %s that a process leaves in the service's conversation when it dies",
  (_type, kind) => {
    test.each([
      ["does not have an answer", false],
      ["is rejected from then on", true],
    ])("does not keep the next run from starting if it %s", async (_reason, isRejected) => {
      const setup = prepare(kind, "conversation", { hangs: true });
      const { service, store, agent } = setup;
      const open = () => openConversation({ agent, store, id: "c" });
      await open().run("hello");
      open()
        .run("go")
        .catch(() => undefined);
      await setup.hasStarted();
      if (isRejected) service.rules.push(filter(({ type }) => type === kind.call("c1").type));
      const stream = open().runStream("next");
      const events = [];
      for await (const { type } of stream) events.push(type);
      expect(events).toContain("restarted");
      expect((await stream.result).text).toBe("ok");
      expect((await open().run("and then?")).text).toBe("ok");
    });
  },
);

describe("a conversation of the service with a turn that the thread does not contain", () => {
  const kind = CALL_CASES["function_call"] as CallCase;

  test("is replaced at once, and the run reports it", async () => {
    const setup = prepare(kind, "conversation", { maxToolRounds: 0 });
    const { service, agent } = setup;
    const { thread } = await agent.run("hello");
    await expect(agent.run("go", thread)).rejects.toMatchObject({ code: "TOO_MANY_TOOL_ROUNDS" });
    expect(thread.messages).toHaveLength(2);
    const restored = await agent.deserializeThread(JSON.stringify(thread));
    const before = service.requests.length;
    const stream = agent.runStream("next", restored);
    const events = [];
    for await (const { type } of stream) events.push(type);
    expect(events).toContain("restarted");
    expect(service.requests).toHaveLength(before + 1);
    expect(service.requests.at(-1)).toMatchObject({ conversation: expect.not.stringMatching("conv_1$") });
    const { input } = service.requests.at(-1) as { input: Message[] };
    expect(input.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect((await agent.run("and then?", restored)).text).toBe("ok");
    expect(service.requests.at(-1)?.["input"]).toHaveLength(1);
  });

  test("is not used by a turn that is resumed after its stream was cut", async () => {
    const answer = text("half of it", 2);
    const delta = { type: "response.output_text.delta", delta: "half", item_id: "msg_2", output_index: 0 };
    const service = createResponsesService([text("hello", 1)], { output: [answer], events: [delta] });
    const agent = createResponsesAgent({ client: service.client, model: "m", storage: "conversation" });
    const conversation = openConversation({ agent, store: memoryStore(), id: "c", onStop: "keep" });
    await conversation.run("hello");
    const reading = async () => {
      for await (const { type } of conversation.runStream("go")) if (type === "text") break;
    };
    await reading();
    await vi.waitUntil(async () => (await conversation.load())?.thread.openTurn?.state === "stopped");
    expect((await conversation.resume()).text).toBe("ok");
    const { input } = service.requests.at(-1) as { input: Message[] };
    // The service's copy has the question already, and an answer.
    expect(input.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  test.each([
    [
      "was cut off",
      {
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        output: [
          {
            type: "function_call",
            id: "fc_c9",
            call_id: "c9",
            name: "sql",
            arguments: '{"a":',
            status: "incomplete",
          },
        ],
      },
      "RESPONSE_INVALID",
    ],
    [
      "is of an unknown kind",
      { output: [{ type: "quantum_call", id: "qc_1", call_id: "c9", status: "completed" }] },
      "TOOL_MISSING",
    ],
  ])("is replaced after a response with a call that %s", async (_how, response, code) => {
    const service = createResponsesService([text("hello", 1)], response);
    const agent = createResponsesAgent({ client: service.client, model: "m", storage: "conversation" });
    const conversation = openConversation({ agent, store: memoryStore(), id: "c" });
    await conversation.run("hello");
    await expect(conversation.run("go")).rejects.toMatchObject({ code });
    service.rules.push(filter(({ call_id: id }) => id === "c9"));
    const before = service.requests.length;
    expect((await conversation.run("next")).text).toBe("ok");
    expect(service.requests).toHaveLength(before + 1);
  });

  test("is not asked for its items if a request of the same run was accepted", async () => {
    const { service, agent } = prepare(kind, "conversation");
    const { thread } = await agent.run("hello");
    const list = vi.spyOn(service.client.conversations.items, "list");
    service.rules.push(filter(({ type }) => type === "function_call_output"));
    await expect(agent.run("go", thread)).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    expect(list).not.toHaveBeenCalled();
  });

  test("is kept if the service rejects the question", async () => {
    const { service, agent } = prepare(kind, "conversation");
    const { thread } = await agent.run("hello");
    service.rules.push(filter(({ content }) => content === "bad"));
    const input = { type: "message", role: "user", content: "bad" } as const;
    await expect(agent.run(input, thread)).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    expect(service.requests).toHaveLength(2);
    service.rules.length = 0;
    expect(thread.toJSON()["service"]).toEqual({ conversation: "conv_1" });
  });
});

// https://github.com/paulgmiller/careme/issues/379
const locked = invalidRequest(
  "Another process is currently operating on this conversation. Please retry in a few seconds.",
  "conversation",
  "conversation_locked",
);

test("a conversation of the service that is locked for a moment is used again, and the turn does not fail", async () => {
  const service = createResponsesService([text("hello", 1)]);
  const agent = createResponsesAgent({ client: service.client, model: "m", storage: "conversation" });
  const conversation = openConversation({ agent, store: memoryStore(), id: "c", journal: true });
  await conversation.run("hello");
  service.rules.push({ source: "paulgmiller/careme#379", check: () => locked });
  const error: unknown = await conversation.run("go").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "MODEL_UNAVAILABLE", retryable: true, status: 400 });
  service.rules.length = 0;
  const next = await conversation.run("go");
  expect(next).toMatchObject({ text: "ok", closed: undefined });
  expect(service.requests.at(-1)).toMatchObject({ conversation: service.requests[0]?.["conversation"] });
});

test("a result that the service's conversation already contains does not stop a resumed turn", async () => {
  const kind = CALL_CASES["function_call"] as CallCase;
  const { service, store, agent } = prepare(kind, "conversation");
  const open = () => openConversation({ agent, store, id: "c", journal: true });
  await open().run("hello");
  const down = { status: 500, error: { message: "down", type: "", param: null, code: null } };
  const isResult = ({ type }: Message): boolean => type === "function_call_output";
  service.rules.push({
    source: "a response that was lost: the service has processed the request",
    check: ({ body, input, items }) => {
      if (!input.some(isResult)) return undefined;
      service.stored.set(String(body["conversation"]), [...items, text("lost", 9)]);
      return down;
    },
  });
  await expect(open().run("go")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
  service.rules.splice(0, 1, {
    source: "https://github.com/NousResearch/hermes-agent/issues/102629",
    check: ({ items }) =>
      items.filter(isResult).length > 1
        ? invalidRequest("Duplicate function_call_output for call_id 'c1'.", "input")
        : undefined,
  });
  expect(await open().run("next")).toMatchObject({ text: "ok", resumed: { text: "ok" } });
});

describe("a turn that another process preceded, and that is discarded", () => {
  /** An agent in the middle of whose save another process runs a turn, on the same conversation of the service. */
  async function race(
    storage: Storage,
    options: { readonly onConflict: "reject" | "retry"; readonly key?: string },
  ) {
    const service = createResponsesService([text("hello", 1)], [text("discarded", 2)], [text("theirs", 3)]);
    const agent = createResponsesAgent({ client: service.client, model: "m", storage });
    const store = memoryStore();
    const theirs = openConversation({ agent, store, id: "c" });
    await theirs.run("hello");
    const save = store.save.bind(store);
    vi.spyOn(store, "save").mockImplementationOnce(async (...parameters) => {
      await theirs.run("other");
      return save(...parameters);
    });
    const mine = openConversation({ agent, store, id: "c", ...options });
    return { service, mine, theirs };
  }

  const inputsOf = (service: ResponsesService): string => JSON.stringify(service.requests.at(-1));

  /** Returns the texts that the model sees for the last request. */
  function textsSeen(service: ResponsesService): string[] {
    const { conversation } = service.requests.at(-1) ?? {};
    return (service.stored.get(String(conversation)) ?? []).map(({ content }) => {
      return Array.isArray(content) ? String((content as Message[])[0]?.["text"]) : String(content);
    });
  }

  test.each([undefined, "k"])(
    "is not among the messages of the model that runs it again: key %s",
    async (key) => {
      const { service, mine, theirs } = await race("conversation", { onConflict: "retry" });
      const events: string[] = [];
      const stream = mine.runStream("mine", { key });
      for await (const { type } of stream) events.push(type);
      expect(events).toEqual(expect.arrayContaining(["retry", "restarted"]));
      expect(textsSeen(service)).toEqual(["hello", "hello", "other", "theirs", "mine", "ok"]);
      await theirs.run("next");
      expect(textsSeen(service).slice(-2)).toEqual(["next", "ok"]);
      expect(textsSeen(service)).not.toContain("discarded");
    },
  );

  test("is not among the messages of the next run if it was rejected", async () => {
    const { service, mine, theirs } = await race("conversation", { onConflict: "reject" });
    await expect(mine.run("mine")).rejects.toMatchObject({
      code: "CONVERSATION_CONFLICT",
      result: { text: "discarded" },
    });
    await theirs.run("next");
    expect(textsSeen(service)).toEqual(["hello", "hello", "other", "theirs", "next", "ok"]);
  });

  test("costs nothing if the service stores responses, which do not change", async () => {
    const { service, mine } = await race("response", { onConflict: "retry" });
    expect((await mine.run("mine")).text).toBe("ok");
    expect(service.requests.at(-1)?.["previous_response_id"]).toBe("resp_3");
    expect(inputsOf(service)).not.toContain("discarded");
  });
});
