import { quoteName } from "@threadstore/core/documents";
import {
  arrayNode,
  booleanNode,
  isBlank,
  NULL_NODE,
  objectNode,
  stringNode,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import type { Report } from "../report.ts";
import type { Dialect, Language } from "../shapes/shape.ts";
import { argumentsToObject } from "./arguments.ts";
import { fieldText, itemsRepeatResult, itemText, type Content, type Fields } from "./content.ts";
import { COMMON_NAMES, KIND_RULES, type FieldRule, type KindRule } from "./kinds.ts";
import { fromNeutralUsage } from "./usage.ts";

export interface PrintTarget {
  readonly dialect: Dialect;
  readonly report: Report;
}

/** Writes a content item in a dialect and reports losses. Returns `undefined` if nothing remains. */
export function printContent(content: Content, target: PrintTarget): ObjectNode | undefined {
  const { kind, path } = content;
  const rule = KIND_RULES.find((candidate) => candidate.kind === kind);
  if (rule === undefined) {
    const subject =
      content.type === "" ? "content without a type" : `content of type ${quoteName(content.type)}`;
    target.report("lost", path, `The target does not have ${subject}.`);
    return undefined;
  }
  const language = target.dialect === "csharp" ? "csharp" : "python";
  const adapted = { ...content, fields: adaptFields(content, language, target.report) };
  reportLosses(adapted, rule, language, target.report);
  const flag = rule.flag[language];
  const fields = [
    ...rule.fields.map((field) => printField(adapted, field, language, target)),
    [flag ?? "", flag === undefined ? undefined : booleanNode(true)] as const,
  ];
  return frame(rule, content, fields, target.dialect);
}

type PrintedField = readonly [string, JsonNode | undefined];

function frame(
  rule: KindRule,
  content: Content,
  fields: readonly PrintedField[],
  dialect: Dialect,
): ObjectNode {
  const language = dialect === "csharp" ? "csharp" : "python";
  const names = COMMON_NAMES[language];
  const type: PrintedField = [names.type, stringNode(rule.types[language][0] ?? "")];
  const properties = isBlank(content.properties) ? undefined : content.properties;
  if (dialect === "csharp") return objectNode([type, ...fields, [names.properties, properties]]);
  if (dialect === "python-session")
    return objectNode([type, ...fields, [names.properties, content.properties]]);
  // The first Python version also writes members that are not set.
  const hasException = rule.fields.some(({ name }) => name === "exception");
  const exception: PrintedField = ["exception", hasException ? NULL_NODE : undefined];
  const isSet = fields.some(([name, value]) => name === "exception" && value !== undefined);
  const unset: readonly PrintedField[] = isSet ? [] : [exception];
  return objectNode([
    type,
    [names.annotations, NULL_NODE],
    ...fields,
    ...unset,
    [names.properties, properties],
  ]);
}

function printField(
  content: Content,
  rule: FieldRule,
  language: Language,
  target: PrintTarget,
): PrintedField {
  const name = rule.names[language][0] ?? "";
  if (name === "") return [name, undefined];
  if (rule.form === "call") {
    return [name, content.call === undefined ? undefined : printContent(content.call, target)];
  }
  const value = content.fields[rule.name];
  if (value === undefined) return [name, undefined];
  if (rule.form === "usage") return [name, fromNeutralUsage(value, language)];
  if (rule.form === "items" && target.dialect === "python-thread") return [name, undefined];
  if (rule.form !== "arguments" || language === "python" || value.type !== "string") return [name, value];
  const { value: object, isWrapped } = argumentsToObject(value.value);
  if (isWrapped) {
    target.report(
      "changed",
      content.path,
      "The arguments are not an object. In C#, they become the member raw of one.",
    );
  }
  return [name, object];
}

/** Moves values to the members in which the target language keeps them. */
function adaptFields(content: Content, language: Language, report: Report): Fields {
  const { kind, fields, path } = content;
  if (kind === "data" && language === "python")
    return { ...fields, mediaType: fields.mediaType ?? uriMediaType(content) };
  if (kind === "uri" && language === "csharp" && fields.mediaType === undefined) {
    report("changed", path, "C# requires a media type. The URI gets application/octet-stream.");
    return { ...fields, mediaType: stringNode("application/octet-stream") };
  }
  if (kind !== "result") return fields;
  return language === "python" ? withItems(fields) : withoutItems(content, report, path);
}

function uriMediaType(content: Content): JsonNode | undefined {
  const type = /^data:([^;,]+)/.exec(fieldText(content, "uri") ?? "")?.[1];
  return type === undefined ? undefined : stringNode(type);
}

/** Adds the items in which Python repeats a text result. */
function withItems(fields: Fields): Fields {
  if (fields.items !== undefined || fields.result?.type !== "string") return fields;
  const item = objectNode([
    ["type", stringNode("text")],
    ["text", fields.result],
    ["additional_properties", objectNode([])],
  ]);
  return { ...fields, items: arrayNode([item]) };
}

/** Moves Python's items or exception to the result if there is none, because C# has only a result. */
function withoutItems(content: Content, report: Report, path: string): Fields {
  const { items, exception, ...fields } = content.fields;
  if (fields.result !== undefined) {
    if (!itemsRepeatResult(content)) report("lost", path, "C# does not have the items of a function result.");
    if (exception !== undefined)
      report("lost", path, "C# does not write the exception of a function result.");
    return fields;
  }
  const texts = items?.type === "array" ? items.items.map(itemText) : [];
  const text = texts.filter((part) => part !== undefined).join("");
  if (texts.includes(undefined))
    report(
      "lost",
      path,
      "C# does not have the items of a function result. Those that are not text are lost.",
    );
  if (texts.length > 0)
    report("changed", path, "The text of the function result's items becomes the result in C#.");
  if (exception === undefined) return { ...fields, ...(text === "" ? {} : { result: stringNode(text) }) };
  report("changed", path, "The exception of the function result becomes the result in C#.");
  return {
    ...fields,
    result: stringNode(text === "" ? `Error: ${fieldText(content, "exception") ?? ""}` : text),
  };
}

function reportLosses(content: Content, rule: KindRule, language: Language, report: Report): void {
  const { path, type } = content;
  const lose = (member: string): void =>
    report("lost", path, `The target does not have ${member} of ${type}.`);
  for (const name of content.unknownMembers) lose(`the member ${quoteName(name)}`);
  if (!isBlank(content.annotations)) lose("the annotations");
  for (const { name, names } of rule.fields) {
    const isImplied = content.kind === "data" && name === "mediaType" && isImpliedByUri(content);
    if (names[language].length === 0 && !isBlank(content.fields[name]) && !isImplied)
      lose(`the field ${name}`);
  }
}

function isImpliedByUri(content: Content): boolean {
  const implied = uriMediaType(content);
  return implied?.type === "string" && implied.value === fieldText(content, "mediaType");
}
