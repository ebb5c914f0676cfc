import {
  Agent,
  type AgentInputItem,
  type AgentOutputItem,
  type Model,
  Runner,
  tool,
  Usage,
  user,
} from "@openai/agents-core";
import { memoryStore } from "@threadstore/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { type ThreadSession, threadSession } from "./index.ts";

// A streamed run stores its input although the model's service rejects it, and would send it with every later one.

const answer: AgentOutputItem = {
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "fine" }],
};
const call: AgentOutputItem = {
  type: "function_call",
  callId: "1",
  name: "look",
  arguments: "{}",
  status: "completed",
};

/** A model whose service rejects some content for good, and that calls a tool if it is asked to look. */
const model: Model = {
  getResponse: async ({ input }) => ({ usage: new Usage(), output: [respond(input)] }),
  async *getStreamedResponse({ input }) {
    const output = [respond(input)] as never;
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    yield { type: "response_done", response: { id: "r", usage, output } };
  },
};

function respond(input: string | AgentInputItem[]): AgentOutputItem {
  if (JSON.stringify(input).includes("BAD")) throw Object.assign(new Error("Rejected."), { status: 400 });
  const last = typeof input === "string" ? undefined : input.at(-1);
  return JSON.stringify(last).includes("look at") ? call : answer;
}

const look = tool({ name: "look", description: "Looks.", parameters: z.object({}), execute: () => "BAD" });

interface Chat {
  readonly session: () => ThreadSession;
  /** Resolves with the output of a run, or with the message of its error. */
  readonly ask: (text: string) => Promise<unknown>;
}

function startChat(stream: boolean, removesUnanswered: boolean): Chat {
  const store = memoryStore();
  const agent = new Agent({ name: "a", model, tools: [look] });
  const runner = new Runner({ tracingDisabled: true });
  const session = (): ThreadSession => threadSession({ store, id: "talk" });
  const run = async (text: string): Promise<unknown> => {
    if (!stream) return (await runner.run(agent, text, { session: session() })).finalOutput;
    const streamed = await runner.run(agent, text, { session: session(), stream: true });
    await streamed.completed;
    return streamed.finalOutput;
  };
  const ask = async (text: string): Promise<unknown> => {
    try {
      return await run(text);
    } catch (error) {
      if (removesUnanswered) await session().removeUnanswered();
      return (error as Error).message;
    }
  };
  return { session, ask };
}

const rolesOf = (items: readonly AgentInputItem[]): unknown[] =>
  items.map((item) => ("role" in item ? item.role : item.type));

test.each([false, true])("a session goes on after rejected inputs (streamed: %s)", async (stream) => {
  const { ask, session } = startChat(stream, true);
  expect(await ask("hi")).toBe("fine");
  for (const text of ["BAD", "also BAD"]) expect(await ask(text)).toBe("Rejected.");
  expect(await ask("next")).toBe("fine");
  expect(await ask("and then")).toBe("fine");
  expect(rolesOf(await session().getItems())).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
});

test("without this, a session whose streamed run was rejected never goes on", async () => {
  const { ask } = startChat(true, false);
  expect([await ask("BAD"), await ask("next"), await ask("and then")]).toEqual([
    "Rejected.",
    "Rejected.",
    "Rejected.",
  ]);
});

test.each([false, true])("a session goes on after a rejected result (streamed: %s)", async (stream) => {
  const { ask } = startChat(stream, true);
  expect(await ask("look at it")).toBe("Rejected.");
  expect(await ask("next")).toBe("fine");
});

test("only the messages of the user at the end, which were not answered, are removed", async () => {
  const { session } = startChat(false, true);
  expect(await session().removeUnanswered()).toEqual([]);
  await session().addItems([user("one"), answer, call]);
  expect(await session().removeUnanswered()).toEqual([]);
  const result = {
    type: "function_call_result",
    callId: "1",
    name: "look",
    status: "completed",
    output: "x",
  } as const;
  const note = { role: "system", content: "Note." } as const;
  await session().addItems([result, note, user("two"), user("three")]);
  expect(await session().removeUnanswered()).toEqual([user("two"), user("three")]);
  expect(await session().getItems()).toEqual([user("one"), answer, call, result, note]);
});
