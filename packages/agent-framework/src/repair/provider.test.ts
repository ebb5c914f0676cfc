import { createChatAgent } from "@threadstore/openai";
import { OpenAI } from "openai";
import { expect, test } from "vitest";
// A test helper, which is not published.
import { startStrictServer } from "../../../openai/dist/strict-server/strict-server.test-helper.js";
import { golden, goldenNames, messagesIn, messagesOf } from "../golden.test-helper.ts";
import { readAgentFrameworkThread, repairAgentFrameworkThread } from "../index.ts";

const conversations = goldenNames.filter((name) => name.includes("tool-call"));

/** Removes the result of a call, as after a crash, and appends the user's next message. */
function truncate(name: string): string {
  const [user, call, result] = messagesIn(golden(name)).map((message) => JSON.stringify(message));
  const compact = JSON.stringify(JSON.parse(golden(name)));
  return compact.replace(`,${result}`, "").replace(`${user},${call}`, `${user},${call},${user}`);
}

test.each(conversations)(
  "the provider rejects %s without its result, and accepts it after a repair",
  async (name) => {
    const server = await startStrictServer("openai");
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "k", maxRetries: 0 });
    const agent = createChatAgent({ client, model: "m" });
    const { thread, report } = readAgentFrameworkThread(truncate(name));
    expect(report.map(({ kind }) => kind)).toContain("repair");
    await expect(agent.deserializeThread(thread)).rejects.toMatchObject({ code: "THREAD_INVALID" });
    const messages = messagesOf(thread) as never;
    await expect(client.chat.completions.create({ model: "m", messages })).rejects.toThrow(
      "400 An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: call_1",
    );

    const repaired = readAgentFrameworkThread(repairAgentFrameworkThread(truncate(name), "synthesize").text);
    expect(repaired.report).toEqual([]);
    const result = await agent.run("And now?", await agent.deserializeThread(repaired.thread));
    expect(result.text).toBe("ok");
    expect(server.requests.at(-1)?.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "user",
      "assistant",
      "user",
    ]);
  },
);
