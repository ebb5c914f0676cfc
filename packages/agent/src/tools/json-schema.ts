import { dereference, validate, type OutputUnit, type Schema, type SchemaDraft } from "@cfworker/json-schema";
import { AgentError } from "../agent-error.ts";
import { quoteName, type JsonObject } from "../thread/json.ts";
import { describeIssues, type StandardIssue } from "./standard-schema.ts";

/**
 * Makes a check of arguments of a JSON Schema: it gives the problems in one line, each with its path, or
 * `undefined` when there are none.
 *
 * Throws `INVALID_ARGUMENT` for a schema that nothing can be checked against.
 */
export function compileJsonSchema(
  schema: JsonObject,
  tool: string,
): (args: JsonObject) => string | undefined {
  // A copy, since the validator leaves notes in it.
  const copy = structuredClone(schema);
  const parts = findParts(copy, tool);
  const draft = readDraft(schema["$schema"]);
  return (args) => {
    const { valid, errors } = validate(args, copy, draft, parts, false);
    return valid ? undefined : describeErrors(errors);
  };
}

type Parts = ReturnType<typeof dereference>;

function findParts(schema: Schema, tool: string): Parts {
  try {
    const parts = dereference(schema);
    // What the validator finds only when it comes by is found now.
    for (const part of Object.values(parts)) checkPart(part, parts);
    return parts;
  } catch (cause) {
    const path = `${tool}.parameters`;
    const message = `${path}: nothing can be checked against the JSON Schema of tool ${quoteName(tool)}: see the cause.`;
    throw new AgentError("INVALID_ARGUMENT", message, { path, cause });
  }
}

function readDraft(dialect: unknown): SchemaDraft {
  const found = /draft-0?([47])\b|2019-09/.exec(typeof dialect === "string" ? dialect : "");
  if (found === null) return "2020-12";
  return (found[1] as "4" | "7" | undefined) ?? "2019-09";
}

function checkPart(part: Schema | boolean, known: Parts): void {
  if (typeof part === "boolean") return;
  const { $ref, __absolute_ref__: target = $ref, pattern, patternProperties = {} } = part;
  if (target !== undefined && known[target] === undefined) throw new Error(`Unresolved $ref ${target}`);
  const patterns = [...(pattern === undefined ? [] : [pattern]), ...Object.keys(patternProperties)];
  for (const text of patterns) RegExp(text, "u");
}

function describeErrors(errors: readonly OutputUnit[]): string {
  const causes = errors.filter((error) => {
    // "Something inside does not match" says nothing beside what does not.
    const inside = `${error.keywordLocation}/`;
    return error.keyword !== "false" && !errors.some((other) => other.keywordLocation.startsWith(inside));
  });
  const issues = causes.map(({ instanceLocation, error: message }): StandardIssue => {
    return { path: readPointer(instanceLocation), message };
  });
  return describeIssues(issues);
}

function readPointer(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}
