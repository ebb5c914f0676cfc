import { memoryStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { AgentError } from "../agent-error.ts";
import { scriptedAgent, type ScriptedMessage } from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import { openConversation } from "./open-conversation.ts";
import { findRejection, MAX_CONTENT_LENGTH, strictModel } from "./strict-model.test-helper.ts";

// Whatever happens to a conversation, in whatever order, the next message works, providers accept its thread, no call
// that a person approved runs twice, and a key has one turn in which tools ran.

const TASKS = [
  "",
  "use ok",
  "use long",
  "use pay",
  "use wait",
  "use ok use long",
  "use ok use wait",
  "use pay use wait",
  "use payLong",
];

/** Errors that a step may have. Anything else is a fault. */
const EXPECTED = new Set([
  "APPROVAL_STALE",
  "INVALID_ARGUMENT",
  "MODEL_REFUSED",
  "MODEL_UNAVAILABLE",
  "TOO_MANY_ATTEMPTS",
  "TURN_ABANDONED",
  "TURN_OPEN",
]);

/** Returns a generator of numbers from 0 to below 1, the same for each seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ (state >>> 15), state | 1);
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
    return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createWorld(seed: number) {
  const next = random(seed * 7919 + 1);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(next() * values.length)] as Value;
  const store = memoryStore();
  const model = strictModel();
  const paid: string[] = [];
  /** The turns in which the tool `ok` ran, by their keys. */
  const turnsOf = new Map<string, Set<string>>();
  /** What happens when the tool `wait` runs. */
  let interrupt: (() => void) | undefined;
  const pay = (name: string, result: string) =>
    defineTool({
      name,
      needsApproval: true,
      run: (_args, { operationId }) => {
        paid.push(operationId);
        return result;
      },
    });
  const tools = [
    defineTool({
      name: "ok",
      run: async () => {
        // The claim of the key is stored before a tool runs.
        const turn = (await store.load("c"))?.thread["turn"] as
          | { id: string; key: { value: string } }
          | undefined;
        const key = turn?.key.value ?? "not stored";
        turnsOf.set(key, new Set(turnsOf.get(key)).add(turn?.id ?? ""));
        return "fine";
      },
    }),
    defineTool({ name: "long", run: () => "x".repeat(MAX_CONTENT_LENGTH + 1) }),
    pay("pay", "paid"),
    pay("payLong", "x".repeat(MAX_CONTENT_LENGTH + 1)),
    defineTool({
      name: "wait",
      run: async () => {
        if (interrupt === undefined) return "waited";
        interrupt();
        return new Promise(() => {});
      },
    }),
  ];
  const agent = scriptedAgent(model, { tools, maxToolRounds: 2 });
  const open = (journal: boolean) =>
    openConversation({ agent, store, id: "c", journal, maxAttempts: 2, onStop: pick(["keep", "discard"]) });

  /** Performs a call that its caller may stop, or during which its process may die. */
  const perform = async (call: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    const stop = new AbortController();
    const died = Promise.withResolvers<void>();
    interrupt = pick([undefined, () => stop.abort("stop"), () => died.resolve()]);
    const running = call(stop.signal).catch((error: unknown) => {
      if (error === "stop" || (AgentError.is(error) && EXPECTED.has(error.code))) return;
      throw error;
    });
    await Promise.race([running, died.promise]);
    interrupt = undefined;
    await store.namespace("threadstore-leases").delete("c");
  };
  return { next, pick, store, model, paid, turnsOf, open, perform };
}

type World = ReturnType<typeof createWorld>;

async function step(world: World, inputs: Map<string, string>): Promise<void> {
  const { next, pick, open, perform, model, turnsOf } = world;
  const journal = next() < 0.6;
  const kind = pick(["run", "run", "run", "redeliver", "approve", "deny", "resume", "abandon", "outage"]);
  if (kind === "abandon") {
    const keep = pick(["question", "partial", "nothing"] as const);
    const { turn, kept } = await open(journal).abandon({ keep });
    if (kept.length === 0) turnsOf.delete(turn?.key ?? "");
  } else if (kind === "outage") {
    model.rejected = model.rejected === undefined ? pick(["fine", "paid", "use ok"]) : undefined;
  } else if (kind === "run" || kind === "redeliver") {
    const isNew = kind === "run" || inputs.size === 0;
    const key = isNew ? `m${inputs.size}` : pick([...inputs.keys()]);
    const input = inputs.get(key) ?? `${key} ${pick(TASKS)}`;
    inputs.set(key, input);
    const openTurn = pick([undefined, undefined, undefined, "resume", "close", "reject"] as const);
    const isStreamed = next() < 0.5;
    await perform(async (signal) => {
      const options = { signal, openTurn, key };
      const conversation = open(journal);
      return isStreamed ? conversation.runStream(input, options).result : conversation.run(input, options);
    });
  } else {
    const waiting = (await open(journal).load())?.thread.openTurn?.approvals ?? [];
    const decisions = waiting.map((call) => ({ ...call, approved: kind === "approve" }));
    const approvals = kind === "resume" ? [] : decisions;
    await perform(async (signal) => open(journal).resume({ approvals, signal }));
  }
}

it("no order of questions, stops, crashes, rejections and decisions blocks a conversation", async () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const world = createWorld(seed);
    const { store, model, paid, turnsOf, open } = world;
    const inputs = new Map<string, string>();
    for (let count = 0; count < 8; count += 1) {
      await step(world, inputs);
      const loaded = await open(true).load();
      const messages: readonly ScriptedMessage[] = loaded?.thread.messages ?? [];
      const closed = loaded?.thread.openTurn === undefined ? findRejection(messages, undefined) : undefined;
      expect(closed, `seed ${seed}`).toBeUndefined();
      const questions = messages.filter(({ role }) => role === "user").map(({ content }) => content);
      expect(new Set(questions).size, `seed ${seed}`).toBe(questions.length);
    }
    expect(new Set(paid).size, `seed ${seed}`).toBe(paid.length);
    expect([...turnsOf.keys()], `seed ${seed}`).not.toContain("not stored");
    for (const [key, turns] of turnsOf) expect(turns.size, `seed ${seed}, key ${key}`).toBe(1);

    // The last turn may wait, or have failed too often: the remedy that the error names always works.
    model.rejected = undefined;
    const last = await open(true).run("last", { openTurn: "close" });
    expect(last.text, `seed ${seed}`).toBe("re: last");
    expect((await open(false).run("again")).text, `seed ${seed}`).toBe("re: again");
    await store.close();
  }
});
