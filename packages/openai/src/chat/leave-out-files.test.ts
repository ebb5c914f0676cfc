import { OpenAI } from "openai";
import { describe, expect, it } from "vitest";
import { createChatAgent } from "./chat-agent.ts";
import type { ChatInput } from "./chat-input.ts";
import type { ChatMessage } from "./chat-message.ts";

const URL = "https://images.test/cat.png";
const IMAGE = { type: "image_url", image_url: { url: URL } } as const;
const INLINE = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } } as const;
const FILE = { type: "file", file: { file_id: "file-1234" } } as const;

// The first in the words of https://github.com/vercel/ai/issues/8857.
const REJECTIONS: readonly [name: string, error: object][] = [
  ["the URL", { code: "invalid_image_url", message: `Timeout while downloading ${URL}` }],
  ["nothing", { code: "invalid_image_url", message: "Failed to download an image." }],
];

/** A service that rejects the references that are gone. */
function createService(error: object) {
  const requests: { messages: ChatMessage[]; stream?: boolean }[] = [];
  const state = { isGone: false };
  const fetch = async (_url: unknown, init?: { body?: unknown }): Promise<Response> => {
    const request = JSON.parse(String(init?.body)) as (typeof requests)[number];
    requests.push(request);
    const hasReference = /"file_id"|images\.test/u.test(JSON.stringify(request.messages));
    if (state.isGone && hasReference) return Response.json({ error }, { status: 400 });
    const choice = { index: 0, finish_reason: "stop", message: { role: "assistant", content: "ok" } };
    const completion = { id: "1", created: 1, model: "m", object: "chat.completion", choices: [choice] };
    if (request.stream !== true) return Response.json(completion);
    const chunk = {
      ...completion,
      object: "chat.completion.chunk",
      choices: [{ ...choice, delta: choice.message }],
    };
    const body = `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`;
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const client = new OpenAI({ apiKey: "k", baseURL: "http://service.test", maxRetries: 0, fetch });
  return { agent: createChatAgent({ client, model: "m" }), requests, state };
}

describe.each(REJECTIONS)(
  "an attachment of an earlier turn that is gone, if the service names %s",
  (_name, error) => {
    it.each([false, true])(
      "is left out, with a report, and stays in the thread: streamed %s",
      async (streamed) => {
        const { agent, requests, state } = createService(error);
        const content = [{ type: "text", text: "look" } as const, IMAGE, INLINE, FILE];
        const { thread } = await agent.run({ role: "user", content }, agent.getNewThread());
        state.isGone = true;
        const events: object[] = [];
        if (streamed) {
          const stream = agent.runStream("next", thread);
          for await (const event of stream) events.push(event);
        }
        const leftOut = [{ reason: "files", count: 1 }];
        expect(await agent.run("next", thread)).toMatchObject({ text: "ok", leftOut });
        expect(events.filter((event) => "reason" in event)).toEqual(
          streamed ? [{ type: "left-out", ...leftOut[0] }] : [],
        );
        const gone = { type: "text", text: "[An attachment that is no longer available.]" };
        expect(requests.at(-1)?.messages[0]?.content).toEqual([content[0], gone, INLINE, gone]);
        expect(thread.messages[0]?.content).toEqual(content);
      },
    );

    it("is an error if the input of the run refers to it", async () => {
      const { agent, requests, state } = createService(error);
      const input: ChatInput = { role: "user", content: [IMAGE] };
      const { thread } = await agent.run(input);
      await agent.run({ role: "user", content: [FILE] }, thread);
      state.isGone = true;
      await expect(agent.run(input, thread)).rejects.toMatchObject({ code: "MODEL_REFUSED", status: 400 });
      expect(thread.messages).toHaveLength(4);
      expect(requests.length).toBeLessThanOrEqual(4);
    });
  },
);
