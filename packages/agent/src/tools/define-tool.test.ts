import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod-3";
import { z as z4 } from "zod-3/v4";
import { defineTool } from "./define-tool.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { ToolContext } from "./tool.ts";

const weather = defineTool({
  name: "weather",
  description: "The weather of a city.",
  parameters: z.object({ city: z.string(), days: z.number().int().max(7).default(1) }),
  run: ({ city, days }) => ({ city, days, sky: "blue" }),
});

describe("defineTool", () => {
  test("converts a zod schema to JSON Schema, without the dialect", () => {
    expect(weather.jsonSchema).toEqual({
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer", default: 1, minimum: -9007199254740991, maximum: 7 },
      },
      required: ["city"],
    });
  });

  test("types the arguments by the schema", () => {
    defineTool({
      name: "a",
      parameters: z.object({ at: z.string().transform(Number) }),
      run: (args, context) => {
        expectTypeOf(args).toEqualTypeOf<{ at: number }>();
        expectTypeOf(context).toEqualTypeOf<ToolContext>();
      },
    });
    defineTool<{ city: string }>({
      name: "b",
      parameters: { type: "object", properties: { city: { type: "string" } } },
      run: (args) => expectTypeOf(args).toEqualTypeOf<{ city: string }>(),
    });
  });

  test("requires `jsonSchema` for a Standard Schema that cannot be converted", async () => {
    const parameters: StandardSchema<unknown, { n: number }> = {
      "~standard": {
        version: 1,
        vendor: "small",
        validate: async (value) =>
          typeof (value as { n?: unknown }).n === "number"
            ? { value: value as { n: number } }
            : { issues: [{ message: "not a number", path: [{ key: "n" }] }, { message: "try again" }] },
      },
    };
    const definition = { name: "double", parameters, run: ({ n }: { n: number }) => n * 2 };
    expect(() => defineTool(definition)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    const tool = defineTool({ ...definition, jsonSchema: { type: "object" } });
    expect(tool.jsonSchema).toEqual({ type: "object" });
    const context = {} as ToolContext;
    const prepared = await tool.prepare(`{"n":4}`);
    expect(prepared.valid && (await prepared.run(context))).toBe(8);
    expect(await tool.prepare("{}")).toEqual({ valid: false, problems: "n: not a number; try again" });
  });

  test.each([
    ["3.25", z3.object({ city: z3.string(), days: z3.number().default(1) })],
    ["4, as 3.25 contains it", z4.object({ city: z4.string(), days: z4.number().default(1) })],
  ])("validates and types with a schema of zod %s, beside its JSON Schema", async (_version, parameters) => {
    const definition = {
      name: "weather",
      parameters,
      run: ({ city, days }: { city: string; days: number }) => `${city} ${days}`,
    };
    expect(() => defineTool(definition)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    const tool = defineTool({ ...definition, jsonSchema: { type: "object" } });
    const prepared = await tool.prepare(`{"city":"Rome"}`);
    expect(prepared.valid && (await prepared.run({} as ToolContext))).toBe("Rome 1");
    expect(await tool.prepare(`{"city":1}`)).toMatchObject({ valid: false, problems: /^city: / });
  });

  test("rejects a schema that JSON Schema cannot express, with the library's error as the cause", () => {
    const parameters = z.object({ at: z.date() });
    expect(() => defineTool({ name: "a", parameters, run: () => 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", cause: expect.any(Error) as Error }),
    );
  });

  test.each<[string, object]>([
    ["a name with a space", { name: "two words", run: () => 1 }],
    ["a missing run", { name: "a" }],
    ["parameters that are an array", { name: "a", parameters: ["x"], run: () => 1 }],
  ])("rejects %s", (_name, definition) => {
    expect(() => defineTool(definition as { name: string; run: () => number })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});
