import { isDeepStrictEqual } from "node:util";
import { memoryStore, type JsonValue, type SerializedThread } from "@threadstore/core";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import {
  AgentError,
  type ChatAgent,
  checkThread,
  createChatAgent,
  createResponsesAgent,
  defineTool,
  openConversation,
  repairThread,
} from "./index.ts";

const client = new OpenAI({
  apiKey: "k",
  fetch: async (url) => {
    const message = { role: "assistant", content: "fine" };
    const content = [{ type: "output_text", text: "fine", annotations: [] }];
    const item = { type: "message", id: "msg_9", role: "assistant", status: "completed", content };
    const id = "resp_1";
    return Response.json(
      new Request(url).url.endsWith("/chat/completions")
        ? { id, object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }] }
        : { id, object: "response", status: "completed", output: [item] },
    );
  },
});
const tools = ["look", "pay"].map((name) => defineTool({ name, run: () => "done" }));
const agents = {
  chat: createChatAgent({ client, model: "m", tools }),
  local: createResponsesAgent({ client, model: "m", tools, storage: "local" }),
  response: createResponsesAgent({ client, model: "m", tools, storage: "response" }),
};
type Name = keyof typeof agents;

const START = 4;

interface Form {
  readonly user: (text: string) => object;
  readonly answer: object;
  readonly call: (id: string, name: string) => object;
  readonly result: (id: string) => object;
  /** A response with the calls c2 and c3. */
  readonly twoCalls: readonly object[];
}

const chatCall = (id: string, name: string): object => {
  return { id, type: "function", function: { name, arguments: "{}" } };
};
const itemCall = (id: string, name: string): object => {
  return { type: "function_call", id: `fc_${id}`, call_id: id, name, arguments: "{}", status: "completed" };
};
const CHAT: Form = {
  user: (content) => ({ role: "user", content }),
  answer: { role: "assistant", content: "fine" },
  call: (id, name) => ({ role: "assistant", content: null, tool_calls: [chatCall(id, name)] }),
  result: (id) => ({ role: "tool", tool_call_id: id, content: "done" }),
  twoCalls: [
    { role: "assistant", content: null, tool_calls: [chatCall("c2", "pay"), chatCall("c3", "look")] },
  ],
};
const ITEMS: Form = {
  user: (content) => ({ type: "message", role: "user", content }),
  answer: {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "fine", annotations: [] }],
  },
  call: itemCall,
  result: (id) => ({ type: "function_call_output", call_id: id, output: "done" }),
  twoCalls: [itemCall("c2", "pay"), itemCall("c3", "look")],
};

type State = "begun" | "interrupted" | "waiting";

/** A thread whose second turn has an input of two messages. */
function threadOf(name: Name, state: State): SerializedThread {
  const { user, answer, call, result, twoCalls } = name === "chat" ? CHAT : ITEMS;
  const earlier = [user("one"), call("c0", "look"), result("c0"), answer];
  const input = [user("two"), user("three")];
  const first = [call("c1", "look"), result("c1")];
  const rounds = { begun: [], interrupted: first, waiting: [...first, ...twoCalls, result("c3")] }[state];
  const turn = { id: "t", start: START, input: 2, rounds: { begun: 0, interrupted: 1, waiting: 2 }[state] };
  const calls = state === "waiting" ? { calls: [{ callId: "c2", state: "approval-needed" }] } : {};
  return {
    format: "threadstore.thread",
    version: 1,
    kind: name === "chat" ? "chat" : "responses",
    agent: "Assistant",
    messages: [...earlier, ...input, ...rounds],
    turn: { ...turn, ...calls },
  } as unknown as SerializedThread;
}

const PLACES: readonly JsonValue[] = [...Array.from({ length: 12 }, (_, index) => index), -1];
// All of them take 10 seconds: `npm test` tries fewer inputs.
const INPUTS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? [1, 3] : PLACES;
const LENGTHS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? [1, 2] : [0, 1, 2, 3, 4];
const COUNTS: readonly JsonValue[] = [-1, 0, 1, 12];
const OTHERS: readonly (JsonValue | undefined)[] = [undefined, null, "1", 1.5, 2 ** 31];

/** Returns records of the turn with each number damaged, and with each pair of places. */
function* damagedTurns({ turn }: SerializedThread): Generator<JsonValue> {
  for (const start of PLACES) {
    for (const input of INPUTS) yield { ...(turn as object), start, input };
  }
  for (const member of ["start", "input", "rounds", "attempts"]) {
    for (const value of [...(member === "start" || member === "input" ? PLACES : COUNTS), ...OTHERS]) {
      const entries = Object.entries({ ...(turn as object), [member]: value });
      yield Object.fromEntries(entries.filter(([, each]) => each !== undefined)) as JsonValue;
    }
  }
}

const ENDINGS = ["close", "partial", "question", "nothing"] as const;

/** Returns a problem of ending the turn of a thread. */
async function findProblem(name: Name, thread: SerializedThread): Promise<unknown> {
  for (const ending of ENDINGS) {
    const store = memoryStore();
    await store.save("c", thread);
    const conversation = openConversation({ agent: agents[name] as ChatAgent, store, id: "c" });
    if (ending === "close") await conversation.run("next", { openTurn: "close" });
    else await conversation.abandon({ keep: ending });
    const stored = await store.load("c");
    const findings = stored === undefined ? [] : checkThread(stored.thread);
    if (findings.length > 0 || stored?.thread["turn"] !== undefined) return [ending, findings];
  }
  return undefined;
}

describe.each(Object.keys(agents) as Name[])(
  "a thread (%s) whose record of the open turn is damaged",
  (name) => {
    test.each<State>(["begun", "interrupted", "waiting"])(
      "is rejected and found, and its turn can be ended after a repair: %s",
      async (state) => {
        const healthy = threadOf(name, state);
        expect(checkThread(healthy)).toEqual([]);
        const problems: unknown[] = [];
        const checked = new Set<string>();
        for (const turn of damagedTurns(healthy)) {
          const damaged = { ...healthy, turn };
          const findings = checkThread(damaged);
          const rejection: unknown = await agents[name]
            .deserializeThread(damaged)
            .catch((error: unknown) => error);
          const isRejected = AgentError.is(rejection, "THREAD_INVALID");
          const isFound = findings.some(({ code }) => code === "turn-invalid");
          if (isRejected !== isFound) {
            problems.push([turn, findings, rejection]);
          }
          if (isRejected && !/repairThread/u.test(rejection.message))
            problems.push([turn, rejection.message]);
          for (const policy of ["synthesize", "drop"] as const) {
            const { thread } = repairThread(damaged, policy);
            const text = JSON.stringify(thread);
            if (checked.has(text)) continue;
            checked.add(text);
            const problem = await findProblem(name, thread).catch(String);
            if (problem !== undefined) problems.push([turn, policy, problem]);
          }
        }
        expect(problems).toEqual([]);
      },
    );

    test.each<[State, object]>([
      ["waiting", { start: 3 }],
      ["waiting", { start: 2 }],
      ["waiting", { start: 6 }],
      ["waiting", { start: 7 }],
      ["waiting", { start: 8 }],
      ["waiting", { start: 9 }],
      ["waiting", { start: 0 }],
      ["waiting", { start: -1 }],
      ["waiting", { start: "4" }],
      ["waiting", { start: 4.5 }],
      ["waiting", { start: 4.5, input: 2 }],
      ["waiting", { start: -1, input: 2 }],
      ["waiting", { input: 0 }],
      ["waiting", { input: 1 }],
      ["waiting", { input: 3 }],
      ["waiting", { input: 5 }],
      ["waiting", { input: null }],
      ["interrupted", { start: 7 }],
      ["interrupted", { input: 1 }],
      ["begun", { start: 0 }],
      ["begun", { input: 1 }],
    ])("gets the place of its input back: %s %j", (state, members) => {
      const healthy = threadOf(name, state);
      const turn = { ...(healthy["turn"] as object), ...members };
      const { thread, changes } = repairThread({ ...healthy, turn }, "synthesize");
      expect(changes).toMatchObject([{ code: "turn-invalid", action: "rewrite" }]);
      expect(thread).toEqual(healthy);
    });

    test("is closed if its place cannot be found, or if the policy says so", () => {
      const healthy = threadOf(name, "waiting");
      const withoutInput = (healthy["messages"] as JsonValue[]).filter((message) => {
        return (message as { readonly role?: string }).role !== "user";
      });
      const damaged = { ...healthy, turn: { ...(healthy["turn"] as object), start: 7 } } as SerializedThread;
      for (const [thread, policy] of [
        [{ ...damaged, messages: withoutInput }, "synthesize"],
        [damaged, "drop"],
      ] as const) {
        const repaired = repairThread(thread, policy);
        expect(repaired.changes[0]).toMatchObject({ code: "turn-invalid", action: "drop" });
        expect(repaired.thread).not.toHaveProperty("turn");
      }
    });
  },
);

describe.each(Object.keys(agents) as Name[])("a thread (%s) whose open turn an agent has written", (name) => {
  const { user } = name === "chat" ? CHAT : ITEMS;

  /** Returns the thread with this input of its open turn, and the digests that an agent writes. */
  async function withInput(state: State, ...input: readonly [string, string]): Promise<SerializedThread> {
    let digests: JsonValue = [];
    const onProgress = async (snapshot: { toJSON(): SerializedThread }): Promise<void> => {
      ({ digests } = snapshot.toJSON()["turn"] as { digests: JsonValue });
    };
    await agents[name].run(input.map(user) as never, undefined, { onProgress });
    expect(digests).toHaveLength(2);
    const thread = threadOf(name, state);
    const messages = [...(thread["messages"] as JsonValue[])];
    messages.splice(START, 2, ...(input.map(user) as JsonValue[]));
    return { ...thread, messages, turn: { ...(thread["turn"] as object), digests } };
  }

  const rows = (["begun", "interrupted", "waiting"] as const).flatMap((state) =>
    [
      ["two", "three"],
      // Like the question of the first turn.
      ["one", "three"],
    ].map((input) => [state, ...input] as [State, string, string]),
  );

  test.each(rows)("has one place for its turn, which a repair finds: %s, %s, %s", async (state, ...input) => {
    const healthy = await withInput(state, ...input);
    expect(checkThread(healthy)).toEqual([]);
    const missed: unknown[] = [];
    for (const start of PLACES) {
      for (const length of [undefined, ...LENGTHS]) {
        if (start === START && length === 2) continue;
        const { input: _input, ...turn } = healthy["turn"] as { readonly [member: string]: JsonValue };
        const place = length === undefined ? { start } : { start, input: length };
        const damaged = { ...healthy, turn: { ...turn, ...place } };
        const findings = checkThread(damaged).map(({ code }) => code);
        const rejection: unknown = await agents[name]
          .deserializeThread(damaged)
          .catch((error: unknown) => error);
        const { thread } = repairThread(damaged, "synthesize");
        const isRepaired = isDeepStrictEqual(thread["turn"], healthy["turn"]);
        if (
          !findings.includes("turn-invalid") ||
          !AgentError.is(rejection, "THREAD_INVALID") ||
          !isRepaired
        ) {
          missed.push([start, length, findings]);
        }
      }
    }
    expect(missed).toEqual([]);
  });

  test.each<State>(["begun", "interrupted", "waiting"])(
    "can be read after another program has edited the question: %s",
    async (state) => {
      const healthy = await withInput(state, "two", "three");
      for (const index of [START, START + 1]) {
        const messages = (healthy["messages"] as JsonValue[]).with(index, user("edited") as JsonValue);
        const edited = { ...healthy, messages };
        expect(checkThread(edited)).toEqual([]);
        expect((await agents[name].deserializeThread(edited)).openTurn?.id).toBe("t");
      }
    },
  );

  test("keeps the digests of a question that a repair changes", async () => {
    const healthy = await withInput("begun", "two", "three");
    const messages = (healthy["messages"] as JsonValue[]).with(START + 1, user("a\uD800") as JsonValue);
    const { thread } = repairThread({ ...healthy, messages }, "synthesize");
    expect(checkThread(thread)).toEqual([]);
    const moved = { ...(thread["turn"] as object), start: START + 1, input: 1 };
    expect(checkThread({ ...thread, turn: moved })).toMatchObject([{ code: "turn-invalid" }]);
  });
});
