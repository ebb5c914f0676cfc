import { describe, expect, test } from "vitest";
import { createChatAgent, defineTool, type JsonSchema } from "../index.ts";
import { calling, clientOf, completion, startWireServer } from "../model-server.test-helper.ts";

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
  const prepared = await tool.prepare(args as never);
  return prepared.valid ? undefined : prepared.problems;
}

describe("arguments of a JSON Schema", () => {
  test.each<[string, object]>([
    ["the least", { city: "Rome" }],
    ["all", { city: "Rome", days: 3, "a/b ~c": "x", where: { lat: 1 }, stops: [{ lat: 1.5 }] }],
  ])("that fit run: %s", async (_name, args) => {
    expect(await problems(args)).toBeUndefined();
  });

  test.each<[string, object, string]>([
    ["a missing member", {}, 'Instance does not have required property "city".'],
    ["a wrong type", { city: 5 }, 'city: Instance type "number" is invalid. Expected "string".'],
    [
      "half a day",
      { city: "Rome", days: 1.5 },
      'days: Instance type "number" is invalid. Expected "integer".',
    ],
    ["too many", { city: "Rome", days: 9 }, "days: 9 is greater than 7."],
    [
      "a member nobody knows",
      { city: "Rome", c: 1 },
      'Property "c" does not match additional properties schema.',
    ],
    [
      "a name with a slash",
      { city: "Rome", "a/b ~c": "z" },
      'a/b ~c: Instance does not match any of ["x","y"].',
    ],
    [
      "something amid a list",
      { city: "Rome", stops: [{ lat: 1 }, { lat: "x" }] },
      'stops.1.lat: Instance type "string" is invalid. Expected "number".',
    ],
    [
      "none of several forms",
      { city: "Rome", where: 5 },
      'where: Instance type "number" is invalid. Expected "string".; where: Instance type "number" is invalid. Expected "object".',
    ],
  ])("that do not fit are named with their path: %s", async (_name, args, expected) => {
    expect(await problems(args)).toBe(expected);
  });

  test("are told to the model together, and the tool does not run", async () => {
    let runs = 0;
    const trip = defineTool({ name: "trip", parameters: schema, run: () => (runs += 1) });
    const server = await startWireServer(
      completion(calling(["1", "trip", '{"city":"rome","days":0}'])),
      completion(calling(["2", "trip", '{"city":"Rome"}'])),
      completion({ role: "assistant", content: "done" }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [trip] });
    const { thread } = await agent.run("go");
    expect(thread.messages[2]).toEqual({
      role: "tool",
      tool_call_id: "1",
      content: "Invalid arguments: city: String does not match pattern.; days: 0 is less than 1.",
    });
    expect(thread.messages[4]).toMatchObject({ content: "1" });
  });

  test("of a model that never mends them come to an end, and the thread is as it was", async () => {
    const trip = defineTool({ name: "trip", parameters: schema, run: () => "never" });
    const wrong = completion(calling(["1", "trip", "{}"]));
    const server = await startWireServer(wrong, wrong, wrong);
    const options = { client: clientOf(server), model: "m", tools: [trip], maxToolRounds: 2 };
    const agent = createChatAgent(options);
    const thread = agent.getNewThread();
    await expect(agent.run("go", thread)).rejects.toMatchObject({
      code: "TOO_MANY_TOOL_ROUNDS",
      message: expect.stringContaining("maxToolRounds") as string,
    });
    expect(thread.messages).toEqual([]);
  });

  test("are checked by the draft that the schema names, which the model is not shown", async () => {
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

describe("a JSON Schema that nothing can be checked against is refused when the tool is defined", () => {
  test.each<[string, object]>([
    ["a reference to nowhere", { a: { $ref: "#/$defs/missing" } }],
    ["a pattern that is none", { a: { type: "string", pattern: "(" } }],
    ["a pattern of names that is none", { a: { patternProperties: { "[": {} } } }],
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
