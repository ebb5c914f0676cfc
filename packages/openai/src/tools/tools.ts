import { AgentError } from "../agent-error.ts";
import type { ChatThread } from "../thread/chat-thread.ts";
import { copyJson, isJsonObject, quoteName, unexpected, type JsonObject } from "../thread/json.ts";
import {
  describeIssues,
  isStandardSchema,
  type StandardOutput,
  type StandardSchema,
} from "./standard-schema.ts";

/** A JSON Schema of the dialect that the model's provider takes. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What a tool is given besides its arguments. */
export interface ToolContext {
  /** Aborted when the run is: pass it on to whatever the tool waits for. */
  readonly signal: AbortSignal;
  /** The provider's id of this call, unique within its message. */
  readonly callId: string;
  /** The thread as it was before this run. */
  readonly thread: ChatThread;
}

/** What all tools are defined by, whatever describes their arguments. */
export interface ToolDefinition<Arguments> {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`, unique within an agent. */
  readonly name: string;
  /** Tells the model what the tool does and when to call it. */
  readonly description?: string | undefined;
  /**
   * Ask the provider to hold the model to the schema. Providers that can take only part of JSON Schema then.
   * @default what the provider does by itself
   */
  readonly strict?: boolean | undefined;
  /**
   * Does the work. A string goes to the model as it is, anything else as JSON. What it throws goes to the
   * model as `Tool failed: <message>`, so keep secrets out of messages. Calls of one message run at once.
   */
  readonly run: (this: void, args: Arguments, context: ToolContext) => unknown;
}

/** How the arguments of a call turned out. */
export type ToolOutcome =
  | { readonly valid: true; readonly value: unknown }
  | { readonly valid: false; readonly problems: string };

/** A function that the model may call. Made by {@link defineTool}. */
export interface Tool {
  readonly name: string;
  readonly description: string | undefined;
  readonly strict: boolean | undefined;
  /** The schema as the model is shown it. */
  readonly jsonSchema: JsonObject;
  /** Checks the arguments and, if they are valid, runs the tool. Rejects with whatever the tool throws. */
  readonly invoke: (this: void, args: JsonObject, context: ToolContext) => Promise<ToolOutcome>;
}

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
 * Defines a tool whose arguments a JSON Schema describes to the model. They are parsed and are an object,
 * but are not checked against the schema: `run` must do that for what it relies on. Without `parameters`
 * the tool takes none.
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
  const { name, description, strict, parameters } = definition;
  checkDefinition(definition);
  const run = definition.run as (args: unknown, context: ToolContext) => unknown;
  if (isStandardSchema(parameters)) {
    const jsonSchema = copySchema(definition.jsonSchema ?? convertSchema(parameters, name), name);
    return { name, description, strict, jsonSchema, invoke: validating(parameters, run) };
  }
  const jsonSchema = copySchema(parameters ?? { type: "object", properties: {} }, name);
  const invoke: Tool["invoke"] = async (args, context) => ({ valid: true, value: await run(args, context) });
  return { name, description, strict, jsonSchema, invoke };
}

function checkDefinition({ name, run }: { readonly name: unknown; readonly run: unknown }): void {
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw unexpected("INVALID_ARGUMENT", "name", "a tool name of 1 to 64 of A-Z, a-z, 0-9, _ and -");
  }
  if (typeof run !== "function") throw unexpected("INVALID_ARGUMENT", `${name}.run`, "a function", run);
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

function validating(
  schema: StandardSchema,
  run: (args: unknown, context: ToolContext) => unknown,
): Tool["invoke"] {
  return async (args, context) => {
    const result = await schema["~standard"].validate(args);
    if (result.issues !== undefined) return { valid: false, problems: describeIssues(result.issues) };
    return { valid: true, value: await run(result.value, context) };
  };
}
