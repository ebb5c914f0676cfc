import { dereference, validate, type OutputUnit, type Schema, type SchemaDraft } from "@cfworker/json-schema";
import { type JsonObject, quoteName } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import { formatIssues, type StandardIssue } from "./standard-schema.ts";

/**
 * Returns a validator for the arguments of a tool. It returns the problems on one line, each with its path, or
 * `undefined` if there are none.
 *
 * Throws `INVALID_ARGUMENT` if the schema itself is invalid.
 */
export function compileJsonSchema(
  schema: JsonObject,
  tool: string,
): (args: JsonObject) => string | undefined {
  // A copy, because the validator adds members to it.
  const copy = structuredClone(schema);
  const subschemas = resolveSubschemas(copy, tool);
  const draft = readDraft(schema["$schema"]);
  return (args) => {
    const { valid, errors } = validate(args, copy, draft, subschemas, false);
    return valid ? undefined : formatErrors(errors);
  };
}

type Subschemas = ReturnType<typeof dereference>;

function resolveSubschemas(schema: Schema, tool: string): Subschemas {
  try {
    const subschemas = dereference(schema);
    // The validator would find these faults only when it reaches the subschema.
    for (const subschema of Object.values(subschemas)) checkSubschema(subschema, subschemas);
    return subschemas;
  } catch (cause) {
    const path = `${tool}.parameters`;
    const message = `The JSON Schema of tool ${quoteName(tool)} is invalid. See the cause.`;
    throw new AgentError("INVALID_ARGUMENT", message, { path, cause });
  }
}

function readDraft(dialect: unknown): SchemaDraft {
  const match = /draft-0?([47])\b|2019-09/.exec(typeof dialect === "string" ? dialect : "");
  if (match === null) return "2020-12";
  return (match[1] as "4" | "7" | undefined) ?? "2019-09";
}

function checkSubschema(subschema: Schema | boolean, subschemas: Subschemas): void {
  if (typeof subschema === "boolean") return;
  const { $ref, __absolute_ref__: target = $ref, pattern, patternProperties = {} } = subschema;
  if (target !== undefined && subschemas[target] === undefined) {
    throw new Error(`Unresolved $ref ${target}`);
  }
  const patterns = [...(pattern === undefined ? [] : [pattern]), ...Object.keys(patternProperties)];
  for (const text of patterns) RegExp(text, "u");
}

function formatErrors(errors: readonly OutputUnit[]): string {
  const causes = errors.filter((error) => {
    // "A subschema does not match" adds nothing to the error of that subschema.
    const inside = `${error.keywordLocation}/`;
    return error.keyword !== "false" && !errors.some((other) => other.keywordLocation.startsWith(inside));
  });
  const issues = causes.map(({ instanceLocation, error: message }): StandardIssue => {
    return { path: readPointer(instanceLocation), message };
  });
  return formatIssues(issues);
}

function readPointer(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((segment) => decodeURIComponent(segment).replaceAll("~1", "/").replaceAll("~0", "~"));
}
