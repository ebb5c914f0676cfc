import { describe, expect, test } from "vitest";
import { defineNativeTool } from "./define-native-tool.ts";
import { defineTool } from "./define-tool.ts";
import { ANY_NAME, findTool, toolKey } from "./find-tool.ts";
import { planCall } from "./plan-call.ts";
import type { Tool } from "./tool.ts";

const run = (): string => "done";
const read = (value: string) => ({ valid: true, value }) as const;
const look = defineTool({ name: "look", run });
const shell = defineNativeTool({ name: "shell", kind: "shell_call", declaration: {}, read, run });
const approval: Tool = { ...shell, name: ANY_NAME, kind: "approval_request" };
const tools = new Map([look, shell, approval].map((tool) => [toolKey(tool), tool]));

describe("a call finds its tool", () => {
  test.each([
    [undefined, "look", look],
    ["shell_call", "shell", shell],
    ["approval_request", "ops.deploy", approval],
    [undefined, "shell", undefined],
    ["shell_call", "look", undefined],
    // The names of functions are the model's text.
    [undefined, "shell_call:shell", undefined],
    [undefined, "approval_request:*", undefined],
    [undefined, ANY_NAME, undefined],
  ])("of kind %s by the name %s", (kind, name, tool) => {
    expect(findTool(tools, { name, ...(kind === undefined ? {} : { kind }) })).toBe(tool);
  });

  test("or is answered with the names that exist", async () => {
    const call = { callId: "c1", name: "gone", arguments: "{}", index: 0 };
    expect(await planCall(call, undefined, tools, {} as never)).toMatchObject({
      answer: { content: 'There is no tool "gone". Available tools: look, shell.' },
    });
  });
});
