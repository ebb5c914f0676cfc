import { describe, expect, test } from "vitest";
import type { AgentOptions } from "../agent-options.ts";
import {
  calls,
  says,
  type ScriptedMessage,
  scriptedAgent,
  scriptModel,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";

const MAXIMUM = 10_485_760;

function callsOf(count: number): [id: string, name: string, args: string][] {
  return Array.from({ length: count }, (_, index) => [`c${index}`, "look", "{}"]);
}

describe("a response with more calls than the provider accepts", () => {
  test.each([false, true])("is rejected before any of them runs (streamed: %s)", async (isStreamed) => {
    let count = 0;
    const look = defineTool({ name: "look", needsApproval: () => count++ > 0, run: () => count++ });
    const agent = scriptedAgent(scriptModel(calls(...callsOf(129)), says("Hi.")), { tools: [look] });
    const thread = agent.getNewThread();
    const run = isStreamed ? agent.runStream("Look", thread).result : agent.run("Look", thread);
    await expect(run).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
    expect(count).toBe(0);
    expect(thread.messages).toEqual([]);
    expect((await agent.run("Hello", thread)).text).toBe("Hi.");
  });

  test.each<[number, AgentOptions<ScriptedMessage>]>([
    [128, {}],
    [129, { provider: "other" }],
    [129, { provider: "mistral" }],
  ])("is not one of %i calls with %o", async (count, options) => {
    let ran = 0;
    const look = defineTool({ name: "look", run: () => ++ran });
    const model = scriptModel(calls(...callsOf(count)), says("Done."));
    const { text } = await scriptedAgent(model, { tools: [look], ...options }).run("Look");
    expect([text, ran]).toEqual(["Done.", count]);
  });
});

describe("a result that is longer than the provider accepts", () => {
  const long = "x".repeat(MAXIMUM + 1);

  async function resultOf(result: string, options: AgentOptions<ScriptedMessage>): Promise<string | null> {
    const look = defineTool({ name: "look", run: () => result });
    const model = scriptModel(calls(["c1", "look", "{}"]), says("Done."));
    const { messages } = await scriptedAgent(model, { tools: [look], ...options }).run("Look");
    return messages[2]?.content ?? null;
  }

  test("is cut by default, with a note for the model", async () => {
    const content = (await resultOf(long, {})) ?? "";
    expect(content.length).toBeLessThanOrEqual(MAXIMUM);
    expect(content.slice(-80)).toMatch(
      /\n\[The text was cut here: \d+ of its 10485761 characters are missing\.\]$/,
    );
  });

  test("is reported to the model", async () => {
    const content = await resultOf(long, { longResults: "report" });
    expect(content).toMatch(/^The result of this call has 10485761 characters, which is too long/);
  });

  test("is replaced by what a function returns", async () => {
    expect(await resultOf(long, { longResults: () => "See file 7." })).toBe("See file 7.");
  });

  test.each<[string, () => string]>([
    [
      "throws",
      () => {
        throw new Error("disk full");
      },
    ],
    ["returns nothing", () => undefined as never],
    ["returns a promise", () => Promise.resolve("See file 7.") as never],
    ["returns a text that is too long", () => `${long}x`],
  ])("is cut if the function %s, because the tool ran", async (_name, longResults) => {
    expect(await resultOf(long, { longResults })).toMatch(/ characters are missing\.\]$/);
  });

  test.each<[string, AgentOptions<ScriptedMessage>]>([
    [long.slice(1), { longResults: "report" }],
    [long, { longResults: "report", provider: "groq" }],
  ])("is not one that the provider accepts", async (result, options) => {
    expect((await resultOf(result, options))?.length).toBe(result.length);
  });
});

test.each([
  [{ provider: "vllm" }, "provider"],
  [{ longResults: "drop" }, "longResults"],
])("the options %o are rejected", (options, path) => {
  const rejection = expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error;
  expect(() => scriptedAgent(scriptModel(), options as never)).toThrow(rejection);
});
