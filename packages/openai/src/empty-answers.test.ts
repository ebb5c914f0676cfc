import { OpenAI } from "openai";
import { expect, test } from "vitest";
import { checkThread, createChatAgent, createResponsesAgent } from "./index.ts";
import { CALL_CASES } from "./responses/call-kinds.test-helper.ts";
import { createResponsesService } from "./strict-server/responses-service.test-helper.ts";

// Reasoning that uses up all tokens, and filters, leave answers without content. Providers reject them as input.

/** A server that answers with these messages, streamed or not, and a client of it. */
function chatServer(...answers: object[]): { readonly client: OpenAI; readonly bodies: string[] } {
  const bodies: string[] = [];
  const fetch = async (_url: unknown, init?: { body?: unknown }): Promise<Response> => {
    bodies.push(String(init?.body));
    const message = { role: "assistant", ...(answers.shift() ?? { content: "ok" }) };
    const choice = { index: 0, finish_reason: "length", message, delta: message };
    const isStreamed = bodies.at(-1)?.includes('"stream":true') === true;
    const object = isStreamed ? "chat.completion.chunk" : "chat.completion";
    const completion = { id: "1", created: 1, model: "m", object, choices: [choice] };
    if (!isStreamed) return Response.json(completion);
    const events = `data: ${JSON.stringify(completion)}\n\ndata: [DONE]\n\n`;
    return new Response(events, { headers: { "content-type": "text/event-stream" } });
  };
  return { client: new OpenAI({ apiKey: "k", baseURL: "http://server.test", maxRetries: 0, fetch }), bodies };
}

const note = "(The model gave no answer.)";

test.each<[object, boolean]>(
  [
    { content: "" },
    { content: null },
    {},
    { content: "", refusal: null },
    { content: "", reasoning_content: "Hm." },
  ].flatMap((answer) => [false, true].map((isStreamed): [object, boolean] => [answer, isStreamed])),
)("the answer %j of a chat agent is stored as a note, streamed: %s", async (answer, isStreamed) => {
  const { client, bodies } = chatServer(answer);
  const agent = createChatAgent({ client, model: "m" });
  const key = "m1";
  const options = { key };
  const first = await (isStreamed
    ? agent.runStream("go", undefined, options).result
    : agent.run("go", undefined, options));
  expect(first).toMatchObject({ text: "", finishReason: "length" });
  expect(checkThread(await first.thread.serialize())).toEqual([]);
  expect((await agent.run("go", first.thread, options)).text).toBe("");
  expect((await agent.run("and now?", first.thread)).text).toBe("ok");
  expect(bodies.at(-1)).toContain(note);
});

test.each([
  { content: null, refusal: "No." },
  { content: "", audio: { id: "a1" } },
])("the answer %j is not empty", async (answer) => {
  const agent = createChatAgent({ client: chatServer(answer).client, model: "m" });
  const { thread } = await agent.run("go");
  expect(thread.messages.at(-1)).toMatchObject(answer);
  expect(checkThread(await thread.serialize())).toEqual([]);
});

test.each(["response", "conversation", "local"] as const)(
  "an empty message of a responses agent is stored as a note, with storage %s",
  async (storage) => {
    const message = { type: "message", id: "msg_1", role: "assistant", status: "incomplete" };
    const empty = [[], [{ type: "output_text", text: "", annotations: [] }]];
    for (const content of empty) {
      const service = createResponsesService([{ ...message, content }]);
      const agent = createResponsesAgent({ client: service.client, model: "m", storage });
      const first = await agent.run("go");
      expect(first.text).toBe("");
      expect(checkThread(await first.thread.serialize())).toEqual([]);
      expect((await agent.run("and now?", first.thread)).text).toBe("ok");
      const call = CALL_CASES["function_call"]?.call("c1") ?? {};
      const calling = createResponsesService([{ ...message, content }, call]);
      const other = createResponsesAgent({ client: calling.client, model: "m", storage });
      const { thread, text } = await other.run("go");
      expect([text, JSON.stringify(thread.messages).includes(note)]).toEqual(["ok", false]);
      expect(checkThread(await thread.serialize())).toEqual([]);
    }
  },
);
