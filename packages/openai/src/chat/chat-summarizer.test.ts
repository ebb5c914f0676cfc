import { expect, test } from "vitest";
import { chatSummarizer, createChatAgent, summarize, type ChatMessage } from "../index.ts";
import { clientOf, completion, json, startWireServer } from "../model-server.test-helper.ts";

const ok = completion({ role: "assistant", content: "ok" });
const history = [
  { role: "user", content: "a" },
  { role: "assistant", content: "A" },
];

function textsOf(body: { [member: string]: unknown } | undefined): string[] {
  const messages = (body?.["messages"] ?? []) as { content: string }[];
  return messages.map(({ content }) => content);
}

test("chatSummarizer asks a model, and the run rejects if that fails", async () => {
  const server = await startWireServer(
    completion({ role: "assistant", content: "They spoke of a." }),
    ok,
    json({ error: {} }, 401),
  );
  const client = clientOf(server);
  const reduceHistory = summarize<ChatMessage>({
    summarizer: chatSummarizer({ client, model: "small" }),
    keepTurns: 0,
    maximumTurns: 0,
  });
  const agent = createChatAgent({ client, model: "m", reduceHistory });
  const frame = { format: "threadstore.thread", version: 1, kind: "chat", agent: "Assistant" };
  const thread = await agent.deserializeThread(JSON.stringify({ ...frame, messages: history }));
  await agent.run("x", thread);
  expect(server.bodies[0]).toMatchObject({ model: "small" });
  expect(textsOf(server.bodies[0])[1]).toBe(JSON.stringify({ messages: history }));
  expect(textsOf(server.bodies[1])).toEqual(["Summary of the earlier conversation:\nThey spoke of a.", "x"]);
  await expect(agent.run("y", thread)).rejects.toMatchObject({ code: "MODEL_REFUSED", status: 401 });
  expect(textsOf(server.bodies[2])[1]).toContain('"summary":"They spoke of a."');
});
