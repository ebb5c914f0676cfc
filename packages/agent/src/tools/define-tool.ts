import { AgentError } from "../agent-error.ts";
import { copyJson, isJsonObject, quoteName, unexpected, type JsonObject } from "../thread/json.ts";
import { compileJsonSchema } from "./json-schema.ts";
import {
  describeIssues,
  isStandardSchema,
  type StandardOutput,
  type StandardSchema,
} from "./standard-schema.ts";
import type { JsonSchema, PreparedCall, Tool, ToolContext, ToolDefinition } from "./tool.ts";

/**
 * Defines a tool whose arguments a Standard Schema (zod 4, Valibot, ArkType) validates and types. The model
 * is shown the JSON Schema that the library makes of it; `jsonSchema` stands in where it cannot.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function defineTool<Schema extends StandardSchema>(
  definition: ToolDefinition<StandardOutput<Schema>> & {
    readonly parameters: Schema;
    readonly jsonSchema?: JsonSchema;
  },
): Tool;
/**
 * Defines a tool whose arguments a JSON Schema describes and validates; of the drafts 4, 7, 2019-09 and, without
 * `$schema`, 2020-12. Its types are the caller's to name. Without `parameters` the tool takes none.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function defineTool<Arguments = JsonObject>(
  definition: ToolDefinition<Arguments> & { readonly parameters?: JsonSchema },
): Tool;
export function defineTool(
  definition: ToolDefinition<never> & {
    readonly parameters?: JsonSchema | StandardSchema;
    readonly jsonSchema?: JsonSchema;
  },
): Tool {
  checkDefinition(definition);
  const { name, description, strict, parameters, interrupted = "rerun" } = definition;
  const shared = { name, description, strict, interrupted };
  const prepare = preparing(definition as ToolDefinition<unknown>);
  if (isStandardSchema(parameters)) {
    const jsonSchema = copySchema(definition.jsonSchema ?? convertSchema(parameters, name), name);
    return {
      ...shared,
      jsonSchema,
      prepare: async (args) => {
        const result = await parameters["~standard"].validate(args);
        if (result.issues === undefined) return prepare(result.value);
        return { valid: false, problems: describeIssues(result.issues) };
      },
    };
  }
  const schema = parameters ?? { type: "object", properties: {} };
  const jsonSchema = copySchema(schema, name);
  const findProblems = compileJsonSchema({ ...jsonSchema, ...readDialect(schema) }, name);
  return {
    ...shared,
    jsonSchema,
    prepare: async (args) => {
      const problems = findProblems(args);
      return problems === undefined ? prepare(args) : { valid: false, problems };
    },
  };
}

function preparing({ needsApproval, run }: ToolDefinition<unknown>): (args: unknown) => PreparedCall {
  return (args) => ({
    valid: true,
    needsApproval: async (context: ToolContext) =>
      typeof needsApproval === "function" ? needsApproval(args, context) : needsApproval === true,
    run: async (context: ToolContext) => run(args, context),
  });
}

function checkDefinition(definition: { readonly [member in keyof ToolDefinition<never>]?: unknown }): void {
  const { name, run, needsApproval, interrupted } = definition;
  const code = "INVALID_ARGUMENT";
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw unexpected(code, "name", "a tool name of 1 to 64 of A-Z, a-z, 0-9, _ and -");
  }
  if (typeof run !== "function") throw unexpected(code, `${name}.run`, "a function", run);
  if (!["undefined", "boolean", "function"].includes(typeof needsApproval)) {
    throw unexpected(code, `${name}.needsApproval`, "true, false or a function", needsApproval);
  }
  if (![undefined, "rerun", "report"].includes(interrupted as undefined)) {
    throw unexpected(code, `${name}.interrupted`, '"rerun" or "report"', interrupted);
  }
}

function copySchema(schema: JsonSchema, name: string): JsonObject {
  const copy = copyJson(schema, { code: "INVALID_ARGUMENT" }, `${name}.parameters`);
  if (!isJsonObject(copy)) {
    throw unexpected(
      "INVALID_ARGUMENT",
      `${name}.parameters`,
      "a JSON Schema object or a Standard Schema",
      copy,
    );
  }
  // Some providers refuse the dialect's name, and none needs it.
  const { $schema: _dialect, ...rest } = copy;
  return rest;
}

function readDialect({ $schema }: JsonSchema): JsonObject {
  return typeof $schema === "string" ? { $schema } : {};
}

function convertSchema(schema: StandardSchema, name: string): JsonSchema {
  const { jsonSchema, vendor } = schema["~standard"];
  const remedy = "Pass the JSON Schema that the model shall see as `jsonSchema` beside `parameters`.";
  if (jsonSchema === undefined) {
    throw new AgentError(
      "INVALID_ARGUMENT",
      `The schema of tool ${quoteName(name)} (${vendor}) cannot turn itself into JSON Schema. ${remedy}`,
    );
  }
  try {
    return jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    const message = `The schema of tool ${quoteName(name)} has no JSON Schema form. ${remedy}`;
    throw new AgentError("INVALID_ARGUMENT", message, { cause });
  }
}
