import {
  Agent,
  type AgentInputItem,
  assistant,
  isOpenAIResponsesCompactionAwareSession,
  isOpenAIResponsesCompactionOwnershipAwareSession,
  isRunContextAwareSession,
  MemorySession,
  type Model,
  type OpenAIResponsesCompactionOwnershipAwareSession,
  RequestUsage,
  RunContext,
  Runner,
  Usage,
  user,
} from "@openai/agents-core";
import { ScriptedModel } from "@openai/agents-core/testing";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, test, vi } from "vitest";
import {
  type Compact,
  type CompactingThreadSession,
  type CompactionRequest,
  threadSession,
} from "./index.ts";

const compaction = { type: "compaction", encrypted_content: "gAAAA" } as const;
const usage = new RequestUsage({ inputTokens: 7, outputTokens: 3, totalTokens: 10 });
const runner = new Runner({ tracingDisabled: true });

interface Setup {
  readonly store: ThreadStore;
  readonly requests: CompactionRequest[];
  readonly open: () => CompactingThreadSession;
}

/** Creates sessions that compact everything; `during` runs while the model compacts. */
function setUp(during: () => Promise<unknown> = () => Promise.resolve()): Setup {
  const store = memoryStore();
  const requests: CompactionRequest[] = [];
  const compact: Compact = async (request) => {
    requests.push(request);
    await during();
    return { items: [compaction], usage };
  };
  return { store, requests, open: () => threadSession({ store, id: "talk", compact }) };
}

function agentOf(...answers: string[]): { agent: Agent; model: ScriptedModel } {
  const model = new ScriptedModel(answers.map((text) => [assistant(text)]));
  return { agent: new Agent({ name: "Assistant", model }), model };
}

test("only a session with `compact` has the SDK's capability, which its types describe", () => {
  const plain = threadSession({ store: memoryStore(), id: "talk" });
  expect(isOpenAIResponsesCompactionAwareSession(plain)).toBe(false);
  expect(isRunContextAwareSession(plain)).toBe(true);
  const session: OpenAIResponsesCompactionOwnershipAwareSession = setUp().open();
  expect(isOpenAIResponsesCompactionOwnershipAwareSession(session)).toBe(true);
});

describe("the runner", () => {
  test("compacts the session after each turn, and continues from the compaction", async () => {
    const { store, requests, open } = setUp();
    const { agent, model } = agentOf("Hi.", "Sure.");
    const first = await runner.run(agent, "Hello", { session: open(), context: { user: "ann" } });
    expect(await open().getItems()).toEqual([compaction]);
    expect(requests[0]?.items).toMatchObject([{ role: "user" }, { role: "assistant" }]);
    expect(requests[0]?.runContext?.context).toEqual({ user: "ann" });
    // The model's own usage is zero here.
    expect(first.state.usage.totalTokens).toBe(10);
    expect((await store.load("talk"))?.json).not.toContain("Hello");

    await runner.run(agent, "Really?", { session: open(), stream: true }).then(({ completed }) => completed);
    const sent = model.calls.at(-1)?.request.input as object[];
    expect(sent).toMatchObject([{ type: "compaction" }, { role: "user" }]);
    expect(requests).toHaveLength(2);
  });

  test("leaves the session as it is if the function says so", async () => {
    const store = memoryStore();
    const session = threadSession({ store, id: "talk", compact: () => Promise.resolve(undefined) });
    await runner.run(agentOf("Hi.").agent, "Hello", { session });
    expect(await session.getItems()).toHaveLength(2);
  });

  test.each<[string, Compact, number]>([
    ["the function rejects", () => Promise.reject(new Error("The service is down.")), 0],
    [
      "the function throws",
      () => {
        throw new Error("The service is down.");
      },
      0,
    ],
    ["its items are invalid", () => Promise.resolve({ items: [7 as never], usage }), 10],
    ["its result has no items", () => Promise.resolve({ usage } as never), 10],
  ])("returns its answer and reports the error if %s", async (_, compact, paidTokens) => {
    const errors: unknown[] = [];
    const onCompactionError = (error: unknown): void => void errors.push(error);
    const session = threadSession({ store: memoryStore(), id: "talk", compact, onCompactionError });
    const run = await runner.run(agentOf("Hi.").agent, "Hello", { session });
    expect(run.finalOutput).toBe("Hi.");
    expect(run.state.usage.totalTokens).toBe(paidTokens);
    expect(errors).toHaveLength(1);
    expect(await session.getItems()).toHaveLength(2);
    // Outside of a run, the caller receives the error.
    await expect(session.runCompaction()).rejects.toBeInstanceOf(Error);
    expect(errors).toHaveLength(1);
  });

  test("returns its answer and reports the error if the compacted items cannot be saved", async () => {
    const errors: unknown[] = [];
    const store = memoryStore();
    const session = threadSession({
      store,
      id: "talk",
      compact: async () => {
        for (const method of ["save", "update"] as const) {
          vi.spyOn(store, method).mockRejectedValue(new Error("The store is down."));
        }
        return Promise.resolve({ items: [compaction], usage });
      },
      onCompactionError: (error: unknown) => errors.push(error),
    });
    const run = await runner.run(agentOf("Hi.").agent, "Hello", { session });
    expect([run.finalOutput, run.state.usage.totalTokens]).toEqual(["Hi.", 10]);
    expect(errors).toMatchObject([{ message: "The store is down." }]);
    expect(await session.getItems()).toHaveLength(2);
  });

  test("does not compact what the model did not receive", async () => {
    const { requests, open } = setUp();
    await open().addItems([user("An earlier secret.")]);
    const { agent } = agentOf("Hi.");
    const sessionInputCallback = (_history: AgentInputItem[], added: AgentInputItem[]): AgentInputItem[] =>
      added;
    await runner.run(agent, "Hello", { session: open(), sessionInputCallback });
    expect(requests).toEqual([]);
    expect(await open().getItems()).toHaveLength(3);
  });

  test("compacts what a compaction of the model's service left, once the model has seen it", async () => {
    const { requests, open } = setUp();
    await open().addItems([user("Old"), compaction, user("New")]);
    await runner.run(agentOf("Hi.").agent, "Hello", { session: open() });
    expect(requests).toHaveLength(1);
    expect(await open().getItems()).toEqual([compaction]);
  });
});

describe("another process's items", () => {
  test.each(["while the model answers", "while the model compacts"])(
    "are kept if added %s",
    async (moment) => {
      const whileAnswering = moment.endsWith("answers");
      const add = (): Promise<void> =>
        threadSession({ store, id: "talk" }).addItems([user("From another process")]);
      const { store, requests, open } = setUp(() => (whileAnswering ? Promise.resolve() : add()));
      const model: Model = {
        getResponse: async () => {
          if (whileAnswering) await add();
          return { usage: new Usage(), output: [assistant("Hi.")] };
        },
        getStreamedResponse: () => {
          throw new Error("The test does not stream.");
        },
      };
      const agent = new Agent({ name: "Assistant", model });
      const { state } = await runner.run(agent, "Hello", { session: open() });
      expect(JSON.stringify(await open().getItems())).toContain("From another process");
      expect(await open().getItems()).toHaveLength(3);
      // A compaction that was paid for counts, even if it is not used.
      expect([requests.length, state.usage.totalTokens]).toEqual(whileAnswering ? [0, 0] : [1, 10]);
    },
  );

  test("of ten concurrent runs are all kept or compacted after the model has seen them", async () => {
    const seen: string[] = [];
    const store = memoryStore();
    const compact: Compact = async ({ items }) => {
      seen.push(...items.map((item) => JSON.stringify(item)));
      return Promise.resolve({ items: [compaction] });
    };
    const texts = Array.from({ length: 10 }, (_, index) => `Question ${index}.`);
    await Promise.all(
      texts.map(async (text) => {
        const session = threadSession({ store, id: "talk", compact, maxAttempts: 1000 });
        await runner.run(agentOf(`Answer to ${text}`).agent, text, { session });
      }),
    );
    const kept = (await threadSession({ store, id: "talk" }).getItems()).map((item) => JSON.stringify(item));
    const all = [...seen, ...kept].join("");
    for (const text of texts) expect(all).toContain(`Answer to ${text}`);
  });
});

describe("an ownership", () => {
  const exchange = { items: [user("1"), user("2")] };

  test("is kept by the run's own items, and lost to those of others", async () => {
    const { requests, open } = setUp();
    const session = open();
    const { ownership } = await session.getItemsWithCompactionOwnership();
    await session.addItemsWithCompactionOwnership([user("1")], ownership);
    await session.addItemsWithCompactionOwnership([], ownership);
    await open().addItems([user("2")]);
    await session.addItemsWithCompactionOwnership([user("3")], ownership);
    // Adding again does not restore it.
    const all = { items: [user("1"), user("2"), user("3")] };
    expect(await session.runCompaction({}, undefined, ownership, all)).toBeNull();
    expect(requests).toEqual([]);
    expect(await session.getItems()).toEqual(all.items);
  });

  test.each<[string, (session: CompactingThreadSession) => Promise<object | null>]>([
    ["null", () => Promise.resolve(null)],
    ["of another session object", async () => ({})],
    [
      "of another object's read",
      async () => (await setUp().open().getItemsWithCompactionOwnership()).ownership,
    ],
  ])("%s does not allow a compaction", async (_, ownershipOf) => {
    const { requests, open } = setUp();
    const session = open();
    await session.addItems(exchange.items);
    await session.getItems();
    expect(await session.runCompaction({}, undefined, await ownershipOf(session), exchange)).toBeNull();
    expect(requests).toEqual([]);
  });

  test.each<[string, AgentInputItem[] | undefined, boolean]>([
    ["all items", [user("1"), user("2")], true],
    ["more items", [user("0"), user("1"), user("x"), user("2"), assistant("3")], true],
    ["one of them", [user("1")], false],
    ["another order", [user("2"), user("1")], false],
    ["one of them twice", [user("1"), user("1")], false],
    ["no exchange", undefined, false],
    ["an element that is not an item", [7 as never], false],
  ])("allows a compaction after the model saw %s: %s", async (_, items, isAllowed) => {
    const { open } = setUp();
    const session = open();
    await session.addItems(exchange.items);
    const { ownership } = await session.getItemsWithCompactionOwnership();
    const result = await session.runCompaction({}, undefined, ownership, items && { items });
    expect(result).toEqual(isAllowed ? { usage } : null);
    // It stays with the run.
    await session.addItemsWithCompactionOwnership([user("4")], ownership);
    expect(await session.getItems()).toEqual(
      isAllowed ? [compaction, user("4")] : [...exchange.items, user("4")],
    );
  });
});

describe("a manual compaction", () => {
  test("replaces all items in one write, and keeps what else the thread has", async () => {
    const { store, requests, open } = setUp();
    const items = [user("1"), assistant("2")];
    const header = { format: "threadstore.thread", version: 1, kind: "openai-agents-items" };
    await store.save("talk", JSON.stringify({ ...header, later: 1, operations: { o: "f" }, items }));
    const context = new RunContext({ user: "ann" });
    const result = await open().runCompaction({ force: true, responseId: "r" }, context);
    expect(result).toEqual({ usage });
    expect(requests).toEqual([
      { force: true, responseId: "r", items: [user("1"), assistant("2")], runContext: context },
    ]);
    expect((await store.load("talk"))?.thread).toMatchObject({
      later: 1,
      operations: { o: "f" },
      items: [compaction],
    });
  });

  test("of an empty session does nothing", async () => {
    const { store, requests, open } = setUp();
    expect(await open().runCompaction()).toBeNull();
    expect([requests, await store.load("talk")]).toEqual([[], undefined]);
  });

  test("rejects if another process changes the session meanwhile, and writes nothing", async () => {
    const { store, open } = setUp(() => threadSession({ store, id: "talk" }).addItems([user("2")]));
    await open().addItems([user("1")]);
    await expect(open().runCompaction()).rejects.toMatchObject({ code: "HISTORY_CHANGED" });
    expect(await open().getItems()).toEqual([user("1"), user("2")]);
  });

  test("rejects items that are invalid, with their path, and writes nothing", async () => {
    const store = memoryStore();
    const compact = () => Promise.resolve({ items: [{ type: "message", role: "user" } as never] });
    const session = threadSession({ store, id: "talk", compact });
    await session.addItems([user("1")]);
    const invalid = { code: "INVALID_ARGUMENT", path: "$.items[0].content" };
    await expect(session.runCompaction()).rejects.toMatchObject(invalid);
    expect(await session.getItems()).toEqual([user("1")]);
  });

  test("has the items of the SDK's MemorySession", async () => {
    const { requests, open } = setUp();
    const items = [user("1"), assistant("2")];
    const memory = new MemorySession({ initialItems: items });
    await open().addItems(items);
    await open().runCompaction();
    expect(requests[0]?.items).toEqual(await memory.getItems());
  });
});
