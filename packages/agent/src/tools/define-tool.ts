import { isJsonObject, type JsonObject, quoteName } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import { copyJson } from "../json.ts";
import { compileJsonSchema } from "./json-schema.ts";
import {
  formatIssues,
  isStandardSchema,
  type StandardOutput,
  type StandardSchema,
} from "./standard-schema.ts";
import type { JsonSchema, PreparedCall, Tool, ToolDefinition } from "./tool.ts";

/**
 * Defines a tool whose arguments are validated and typed by a Standard Schema (zod 4, Valibot, ArkType). The model
 * receives the JSON Schema that the library converts it to, or `jsonSchema` if the library cannot.
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
 * Defines a tool whose arguments are validated by a JSON Schema of draft 4, 7, 2019-09 or, without `$schema`,
 * 2020-12. Pass their type as a type argument. Without `parameters`, the tool does not take any.
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
  const { name, description, strict, parameters } = definition;
  const interrupted = interruptedPolicy(definition);
  const shared = { name, description, strict, interrupted, kind: undefined, declaration: undefined };
  const bind = (read: () => Promise<ReadArguments<unknown>>): Promise<PreparedCall> =>
    bindCall(definition as ToolDefinition<unknown>, read);
  if (isStandardSchema(parameters)) {
    const jsonSchema = copySchema(definition.jsonSchema ?? toJsonSchema(parameters, name), name);
    return {
      ...shared,
      jsonSchema,
      prepare: async (text) =>
        bind(async () => {
          const args = parseArguments(text);
          if (args === undefined) return NOT_AN_OBJECT;
          const result = await parameters["~standard"].validate(args);
          if (result.issues === undefined) return { valid: true, value: result.value };
          return { valid: false, problems: formatIssues(result.issues) };
        }),
    };
  }
  const schema = parameters ?? { type: "object", properties: {} };
  const jsonSchema = copySchema(schema, name);
  const findProblems = compileJsonSchema({ ...jsonSchema, ...readDialect(schema) }, name);
  return {
    ...shared,
    jsonSchema,
    prepare: async (text) =>
      bind(async () => {
        const args = parseArguments(text);
        if (args === undefined) return NOT_AN_OBJECT;
        const problems = findProblems(args);
        return problems === undefined ? { valid: true, value: args } : { valid: false, problems };
      }),
  };
}

/** Returns the policy for calls that may have started before their process died. */
export function interruptedPolicy({
  needsApproval = false,
  interrupted = needsApproval === false ? "rerun" : "report",
}: Pick<ToolDefinition<never>, "interrupted" | "needsApproval">): "report" | "rerun" {
  return interrupted;
}

/** The arguments of a call, or the problem with them in one sentence. */
export type ReadArguments<Arguments> =
  | { readonly valid: true; readonly value: Arguments }
  | { readonly valid: false; readonly problems: string };

/**
 * Binds a tool to the arguments of a call, which `read` returns. A function that decides about approval receives its own
 * copy: it must not change what a person approves, or what runs without one.
 */
export async function bindCall<Arguments>(
  { needsApproval, run }: Pick<ToolDefinition<Arguments>, "needsApproval" | "run">,
  read: () => Promise<ReadArguments<Arguments>>,
): Promise<PreparedCall> {
  const args = await read();
  if (!args.valid) return args;
  return {
    valid: true,
    needsApproval: async (context) => {
      if (typeof needsApproval !== "function") return needsApproval === true;
      const copy = await read();
      return !copy.valid || needsApproval(copy.value, context);
    },
    run: async (context) => run(args.value, context),
  };
}

const NOT_AN_OBJECT = { valid: false, problems: "must be a single well-formed JSON object." } as const;

function parseArguments(text: string): JsonObject | undefined {
  // Many models send an empty string to a tool without parameters.
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Validates a definition, apart from its schema. Throws `INVALID_ARGUMENT`. */
export function checkDefinition(definition: {
  readonly [member in keyof ToolDefinition<never>]?: unknown;
}): void {
  const { name, run, needsApproval, interrupted } = definition;
  const code = "INVALID_ARGUMENT";
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw invalidValue(code, "name", "a string of 1 to 64 characters A-Z, a-z, 0-9, _ and -");
  }
  if (typeof run !== "function") throw invalidValue(code, `${name}.run`, "a function", run);
  if (!["undefined", "boolean", "function"].includes(typeof needsApproval)) {
    throw invalidValue(code, `${name}.needsApproval`, "a boolean or a function", needsApproval);
  }
  if (![undefined, "rerun", "report"].includes(interrupted as undefined)) {
    throw invalidValue(code, `${name}.interrupted`, '"rerun" or "report"');
  }
}

function copySchema(schema: JsonSchema, name: string): JsonObject {
  const path = `${name}.parameters`;
  const copy = copyJson(schema, { code: "INVALID_ARGUMENT", path });
  if (!isJsonObject(copy)) {
    throw invalidValue("INVALID_ARGUMENT", path, "a JSON Schema object or a Standard Schema", copy);
  }
  // Some providers reject a dialect, and none requires one.
  const { $schema: _dialect, ...jsonSchema } = copy;
  return jsonSchema;
}

function readDialect({ $schema }: JsonSchema): JsonObject {
  return typeof $schema === "string" ? { $schema } : {};
}

function toJsonSchema(schema: StandardSchema, name: string): JsonSchema {
  const { jsonSchema, vendor } = schema["~standard"];
  const remedy = "Pass the JSON Schema for the model as `jsonSchema`, in addition to `parameters`.";
  if (jsonSchema === undefined) {
    throw new AgentError(
      "INVALID_ARGUMENT",
      `The schema library of tool ${quoteName(name)} (${vendor}) does not support JSON Schema. ${remedy}`,
    );
  }
  try {
    return jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    const message = `The schema of tool ${quoteName(name)} cannot be converted to JSON Schema. ${remedy}`;
    throw new AgentError("INVALID_ARGUMENT", message, { cause });
  }
}
