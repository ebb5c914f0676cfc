import { describe, expect, test } from "vitest";
import { calls, says, scriptedAgent, scriptModel } from "../scripted-agent.test-helper.ts";
import { defineTool } from "./define-tool.ts";
import type { JsonSchema } from "./tool.ts";

const schema: JsonSchema = {
  type: "object",
  properties: {
    city: { type: "string", minLength: 2, pattern: "^[A-Z]" },
    days: { type: "integer", minimum: 1, maximum: 7 },
    "a/b ~c": { enum: ["x", "y"] },
    where: { anyOf: [{ type: "string" }, { $ref: "#/$defs/point" }] },
    stops: { type: "array", items: { $ref: "#/$defs/point" }, maxItems: 2 },
  },
  required: ["city"],
  additionalProperties: false,
  $defs: {
    point: { type: "object", properties: { lat: { type: "number" } }, required: ["lat"] },
  },
};

async function problems(args: object, parameters: JsonSchema = schema): Promise<string | undefined> {
  const tool = defineTool({ name: "trip", parameters, run: () => "ok" });
  const prepared = await tool.prepare(JSON.stringify(args));
  return prepared.valid ? undefined : prepared.problems;
}

describe("arguments described by a JSON Schema", () => {
  test.each<[string, object]>([
    ["the required members", { city: "Rome" }],
    ["all members", { city: "Rome", days: 3, "a/b ~c": "x", where: { lat: 1 }, stops: [{ lat: 1.5 }] }],
  ])("are valid with %s", async (_name, args) => {
    expect(await problems(args)).toBeUndefined();
  });

  test.each<[string, object, string]>([
    ["a missing member", {}, 'Instance does not have required property "city".'],
    ["a wrong type", { city: 5 }, 'city: Instance type "number" is invalid. Expected "string".'],
    [
      "a fraction",
      { city: "Rome", days: 1.5 },
      'days: Instance type "number" is invalid. Expected "integer".',
    ],
    ["a number that is too large", { city: "Rome", days: 9 }, "days: 9 is greater than 7."],
    [
      "an unknown member",
      { city: "Rome", c: 1 },
      'Property "c" does not match additional properties schema.',
    ],
    [
      "a name with a slash",
      { city: "Rome", "a/b ~c": "z" },
      'a/b ~c: Instance does not match any of ["x","y"].',
    ],
    [
      "an element of an array",
      { city: "Rome", stops: [{ lat: 1 }, { lat: "x" }] },
      'stops.1.lat: Instance type "string" is invalid. Expected "number".',
    ],
    [
      "a value that matches no alternative",
      { city: "Rome", where: 5 },
      'where: Instance type "number" is invalid. Expected "string".; where: Instance type "number" is invalid. Expected "object".',
    ],
  ])("are reported with their path if invalid: %s", async (_name, args, expected) => {
    expect(await problems(args)).toBe(expected);
  });

  test("are reported to the model together, and the tool does not run", async () => {
    let runs = 0;
    const trip = defineTool({ name: "trip", parameters: schema, run: () => (runs += 1) });
    const model = scriptModel(
      calls(["1", "trip", '{"city":"rome","days":0}']),
      calls(["2", "trip", '{"city":"Rome"}']),
      says("done"),
    );
    const agent = scriptedAgent(model, { tools: [trip] });
    const { thread } = await agent.run("go");
    expect(thread.messages[2]).toEqual({
      role: "tool",
      tool_call_id: "1",
      content: "Invalid arguments: city: String does not match pattern.; days: 0 is less than 1.",
    });
    expect(thread.messages[4]).toMatchObject({ content: "1" });
  });

  test("that stay invalid end the run, and the thread is unchanged", async () => {
    const trip = defineTool({ name: "trip", parameters: schema, run: () => "never" });
    const wrong = calls(["1", "trip", "{}"]);
    const model = scriptModel(wrong, wrong, wrong);
    const agent = scriptedAgent(model, { tools: [trip], maxToolRounds: 2 });
    const thread = agent.getNewThread();
    await expect(agent.run("go", thread)).rejects.toMatchObject({
      code: "TOO_MANY_TOOL_ROUNDS",
      message: expect.stringContaining("maxToolRounds") as string,
    });
    expect(thread.messages).toEqual([]);
  });

  test("are validated by the draft that the schema names, which the model does not receive", async () => {
    const tuple = {
      type: "object",
      properties: { at: { items: [{ type: "number" }], additionalItems: false } },
    };
    const seventh = { ...tuple, $schema: "http://json-schema.org/draft-07/schema#" };
    expect(await problems({ at: ["x"] }, seventh)).toContain("at.0: ");
    expect(await problems({ at: [1] }, seventh)).toBeUndefined();
    const prefixed = { type: "object", properties: { at: { prefixItems: [{ type: "number" }] } } };
    expect(await problems({ at: ["x"] }, prefixed)).toContain("at.0: ");
    const tool = defineTool({ name: "a", parameters: seventh, run: () => 1 });
    expect(tool.jsonSchema).toEqual(tuple);
    expect(Reflect.ownKeys(tool.jsonSchema)).toEqual(["type", "properties"]);
  });
});

describe("defineTool rejects an invalid JSON Schema", () => {
  test.each<[string, object]>([
    ["an unresolved reference", { a: { $ref: "#/$defs/missing" } }],
    ["an invalid pattern", { a: { type: "string", pattern: "(" } }],
    ["an invalid pattern of names", { a: { patternProperties: { "[": {} } } }],
  ])("%s", (_name, properties) => {
    const parameters = { type: "object", properties } as JsonSchema;
    expect(() => defineTool({ name: "trip", parameters, run: () => 1 })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        path: "trip.parameters",
        cause: expect.any(Error) as Error,
      }),
    );
  });
});
