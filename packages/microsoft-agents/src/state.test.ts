import {
  AgentApplication,
  AgentState,
  ConversationState,
  MemoryStorage,
  type Storage,
  TurnState,
  UserState,
} from "@microsoft/agents-hosting";
import { memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { stateStorage, StorageError, threadStorage } from "./index.ts";
import { TestAdapter, turn } from "./turn.test-helper.ts";

const STATES = [
  ["ConversationState", (storage: Storage) => new ConversationState(storage)],
  ["ConversationState with a namespace", (storage: Storage) => new ConversationState(storage, "orders")],
  ["UserState", (storage: Storage) => new UserState(storage)],
  ["AgentState with a long key", (storage: Storage) => new AgentState(storage, () => "k".repeat(2000))],
] as const;

type State = ConversationState | UserState | AgentState;

/** Runs two turns at the same time: both load the state before one of them saves it. */
async function race(state: State): Promise<PromiseSettledResult<void>[]> {
  const names = state.createProperty<string[]>("names");
  const turns = [turn(), turn()];
  for (const [index, context] of turns.entries()) (await names.get(context, [])).push(`turn ${index}`);
  const outcomes: PromiseSettledResult<void>[] = [];
  for (const context of turns) outcomes.push(...(await Promise.allSettled([state.saveChanges(context)])));
  return outcomes;
}

async function namesIn(state: State): Promise<string[]> {
  return state.createProperty<string[]>("names").get(turn(), []);
}

/** Saves a first version of the state, so that turns find one. */
async function seed(state: State): Promise<void> {
  const context = turn();
  await state.createProperty<string[]>("names").set(context, ["first"]);
  await state.saveChanges(context);
}

describe.each(STATES)("two turns that race with %s", (_name, create) => {
  it.each([
    ["MemoryStorage", () => new MemoryStorage()],
    ["threadStorage", () => threadStorage({ store: memoryStore() })],
  ])("over %s lose an update, because the SDK sets each eTag to `*`", async (_storage, open) => {
    const state = create(open());
    await seed(state);
    expect((await race(state)).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(await namesIn(state)).toEqual(["first", "turn 1"]);
  });

  it.each([true, false])("over stateStorage do not, if the state exists: %s", async (exists) => {
    const store = memoryStore();
    const state = create(stateStorage({ store }));
    if (exists) await seed(state);
    const [first, second] = await race(state);
    expect(first?.status).toBe("fulfilled");
    const reason: unknown = second?.status === "rejected" ? second.reason : undefined;
    expect(StorageError.is(reason, "CONFLICT")).toBe(true);
    const expected = exists ? ["first", "turn 0"] : ["turn 0"];
    expect(await namesIn(state)).toEqual(expected);
    // Another process over the same store sees the same state.
    expect(await namesIn(create(stateStorage({ store })))).toEqual(expected);
  });
});

describe("a turn over stateStorage", () => {
  function newState() {
    const store = memoryStore();
    const state = new ConversationState(stateStorage({ store }));
    return { store, state, count: state.createProperty<number>("count") };
  }

  it("can save several times", async () => {
    const { state, count } = newState();
    const context = turn();
    for (const value of [1, 2, 3]) {
      await count.set(context, value);
      await state.saveChanges(context);
    }
    await state.saveChanges(context, true);
    expect(await count.get(turn())).toBe(3);
  });

  it("does not save a state that it has not changed", async () => {
    const { store, state, count } = newState();
    const context = turn();
    expect(await count.get(context)).toBeUndefined();
    await state.saveChanges(context);
    expect((await store.listPage()).threads).toEqual([]);
  });

  it("succeeds after a conflict if it loads the state again and repeats its change", async () => {
    const { state, count } = newState();
    const [context, other] = [turn(), turn()];
    await count.set(context, 1);
    await count.set(other, 10);
    await state.saveChanges(other);
    await expect(state.saveChanges(context)).rejects.toMatchObject({ code: "CONFLICT" });
    // Repeating only the save does not help.
    await expect(state.saveChanges(context)).rejects.toMatchObject({ code: "CONFLICT" });
    await state.load(context, true);
    await count.set(context, (await count.get(context, 0)) + 1);
    await state.saveChanges(context);
    expect(await count.get(turn())).toBe(11);
  });

  it("conflicts if the state was deleted meanwhile", async () => {
    const { state, count } = newState();
    const before = turn();
    await count.set(before, 1);
    await state.saveChanges(before);
    const context = turn();
    await count.set(context, 2);
    await state.delete(turn());
    await expect(state.saveChanges(context)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await count.get(turn())).toBeUndefined();
  });

  it("replaces the state whatever is stored, if it clears it", async () => {
    const { state, count } = newState();
    const context = turn();
    await count.set(context, 1);
    const other = turn();
    await count.set(other, 2);
    await state.saveChanges(other);
    await state.clear(context);
    await state.saveChanges(context);
    expect(await count.get(turn())).toBeUndefined();
  });

  it("saves a copy under another key, as often as it wants", async () => {
    const { state, count } = newState();
    const copy = { channelId: "msteams", conversationId: "copy" };
    const context = turn();
    for (const value of [1, 2]) {
      await count.set(context, value);
      await state.saveChanges(context);
      await state.saveChanges(context, true, copy);
      expect(await count.get(turn(), 0, copy)).toBe(value);
    }
    const other = turn();
    await count.set(other, 3);
    await state.saveChanges(other);
    await count.set(context, 4);
    await expect(state.saveChanges(context)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await count.get(turn())).toBe(3);
  });

  it("uses the items of threadStorage over the same store", async () => {
    const { store, state, count } = newState();
    const context = turn();
    await count.set(context, 7);
    await state.saveChanges(context);
    const key = "msteams/conversations/19:meeting/";
    expect(await threadStorage({ store }).read([key])).toMatchObject({ [key]: { count: 7 } });
    await stateStorage({ store }).delete([key]);
    expect(await threadStorage({ store }).read([key])).toEqual({});
  });
});

describe("TurnState", () => {
  interface Count {
    count?: number;
  }

  async function turnOf(
    storage: Storage,
  ): Promise<{ state: TurnState<Count, Count>; save: () => Promise<void> }> {
    const state = new TurnState<Count, Count>();
    const context = turn();
    await state.load(context, storage);
    return { state, save: async () => state.save(context, storage) };
  }

  it("over threadStorage is checked, because it writes the eTag that it read", async () => {
    const storage = threadStorage({ store: memoryStore() });
    const before = await turnOf(storage);
    before.state.conversation.count = 1;
    await before.save();
    const [first, second] = [await turnOf(storage), await turnOf(storage)];
    first.state.conversation.count = 2;
    // As an application does that replaces the state by a changed copy.
    second.state.conversation = { ...second.state.conversation, count: 3 };
    await first.save();
    await expect(second.save()).rejects.toMatchObject({
      code: "CONFLICT",
      keys: ["msteams/28:agent/conversations/19:meeting"],
    });
    expect((await turnOf(storage)).state.conversation.count).toBe(2);
  });

  it.each([
    ["threadStorage, the last of two first turns wins", threadStorage, "fulfilled", 2],
    ["stateStorage, the first one wins", stateStorage, "rejected", 1],
  ] as const)("over %s", async (_name, open, status, count) => {
    const storage = open({ store: memoryStore() });
    const [first, second] = [await turnOf(storage), await turnOf(storage)];
    first.state.conversation.count = 1;
    second.state.conversation.count = 2;
    await first.save();
    const [outcome] = await Promise.allSettled([second.save()]);
    expect(outcome?.status).toBe(status);
    expect((await turnOf(storage)).state.conversation.count).toBe(count);
  });
});

describe("an AgentApplication over threadStorage", () => {
  it("keeps the state of a conversation and of a user from turn to turn, in any process", async () => {
    const store = memoryStore();
    const adapter = new TestAdapter();
    for (const conversation of ["one", "one", "two"]) {
      const app = new AgentApplication<TurnState<{ count?: number }, { count?: number }>>({
        storage: threadStorage({ store }),
      });
      app.onActivity("message", async (context, state) => {
        state.conversation.count = (state.conversation.count ?? 0) + 1;
        state.user.count = (state.user.count ?? 0) + 1;
        await context.sendActivity(`${state.conversation.count} of ${state.user.count}`);
      });
      app.onTurn("afterTurn", async () => true);
      await app.run(turn(adapter, conversation));
    }
    expect(adapter.replies).toEqual(["1 of 1", "2 of 2", "1 of 3"]);
  });
});
