import { memoryStore } from "@threadstore/core";
import { expect, test } from "vitest";
import { AgentError } from "../agent-error.ts";
import { openConversation } from "../conversation/open-conversation.ts";
import { callMessage, scriptedAgent, scriptModel } from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";

/** Results of one response, and the texts that the service rejects. */
const ROWS: readonly [
  name: string,
  results: readonly string[],
  poison: readonly string[],
  leftOut: number,
][] = [
  ["the longest of three", ["a", "b", "POISON"], ["POISON"], 1],
  ["the shortest of three", ["POISON", "longer than it", "the longest of them all"], ["POISON"], 1],
  [
    "the fifth of six",
    [40, 35, 30, 25].map((length) => "a".repeat(length)).concat("POISON", "b"),
    ["POISON"],
    6,
  ],
  ["the two longest of four", ["a", "long POISON", "b", "an even longer VENOM"], ["POISON", "VENOM"], 2],
  [
    "the longest and the shortest of three",
    ["POISON", "a".repeat(9), "a long VENOM"],
    ["POISON", "VENOM"],
    3,
  ],
  ["the only one", ["POISON"], ["POISON"], 1],
];

test.each(ROWS)(
  "a request is sent again without the result that is rejected, and with the others: %s",
  async (_name, results, poison, leftOut) => {
    const reject = ({ messages }: { readonly messages: readonly object[] }): void => {
      if (!poison.some((text) => JSON.stringify(messages).includes(text))) return;
      throw new AgentError("MODEL_REFUSED", "The script rejects it.", { status: 400 });
    };
    const tools = results.map((result, index) => defineTool({ name: `t${index}`, run: () => result }));
    const asks = callMessage(
      ...results.map((_result, index) => [`${index}`, `t${index}`, "{}"] as [string, string, string]),
    );
    const down = () => {
      throw new AgentError("MODEL_UNAVAILABLE", "The script is down.");
    };
    const answers = Array.from({ length: 9 }, () => (request: { readonly messages: readonly object[] }) => {
      reject(request);
      return { message: { role: "assistant", content: "ok" } };
    });
    const model = scriptModel(() => ({ message: asks }), down, ...answers);
    const agent = scriptedAgent(model, { tools });
    const conversation = openConversation({ agent, store: memoryStore(), id: "c", journal: true });
    await expect(conversation.run("go")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    await conversation.abandon();
    const before = model.requests.length;
    const events: object[] = [];
    const stream = conversation.runStream("next");
    for await (const event of stream) events.push(event);
    const report = { reason: "results", count: leftOut };
    expect(await stream.result).toMatchObject({ text: "ok", leftOut: [report] });
    expect(events.filter((event) => "reason" in event)).toEqual([{ type: "left-out", ...report }]);
    expect(model.requests.length - before).toBeLessThanOrEqual(7);
    const sent = model.requests.length;
    expect((await conversation.run("later")).leftOut).toEqual([report]);
    expect(model.requests).toHaveLength(sent + 1);
    const contents = (await conversation.load())?.thread.messages.map(({ content }) => content);
    expect(contents).toEqual(expect.arrayContaining([...results]));
  },
);
