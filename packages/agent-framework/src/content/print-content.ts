import {
  arrayNode,
  booleanNode,
  isBlank,
  nullNode,
  objectNode,
  stringNode,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import type { Report } from "../report.ts";
import type { Dialect, Language } from "../shapes/shape.ts";
import { argumentsToObject } from "./arguments.ts";
import { fieldText, itemsRepeatResult, itemText, type Content, type Fields } from "./content.ts";
import { commonNames, kindRules, type FieldRule, type KindRule } from "./kinds.ts";
import { fromNeutralUsage } from "./usage.ts";

export interface PrintTarget {
  readonly dialect: Dialect;
  readonly report: Report;
}

/** Writes a content as a dialect has it, and reports what it has no place for; `undefined` when that is all of it. */
export function printContent(content: Content, target: PrintTarget): ObjectNode | undefined {
  const { kind, path } = content;
  const rule = kindRules.find((candidate) => candidate.kind === kind);
  if (rule === undefined) {
    const name =
      content.type === "" ? "a content without a type" : `content of type ${JSON.stringify(content.type)}`;
    target.report("lost", path, `${name}: the target has none like it.`);
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
  const names = commonNames[language];
  const type: PrintedField = [names.type, stringNode(rule.types[language][0] ?? "")];
  const properties = isBlank(content.properties) ? undefined : content.properties;
  if (dialect === "csharp") return objectNode([type, ...fields, [names.properties, properties]]);
  if (dialect === "python-session")
    return objectNode([type, ...fields, [names.properties, content.properties]]);
  // The first Python writes out the members that are not set.
  const withException = rule.fields.some(({ name }) => name === "exception");
  const exception: PrintedField = ["exception", withException ? nullNode : undefined];
  const isSet = fields.some(([name, value]) => name === "exception" && value !== undefined);
  const last: readonly PrintedField[] = isSet ? [] : [exception];
  return objectNode([
    type,
    [names.annotations, nullNode],
    ...fields,
    ...last,
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
      "arguments that are no object: C# gets them in an object, under raw.",
    );
  }
  return [name, object];
}

/** What one language says in one member and the other in another. */
function adaptFields(content: Content, language: Language, report: Report): Fields {
  const { kind, fields, path } = content;
  if (kind === "data" && language === "python")
    return { ...fields, mediaType: fields.mediaType ?? uriMediaType(content) };
  if (kind === "uri" && language === "csharp" && fields.mediaType === undefined) {
    report("changed", path, "a URI without a media type: C# demands one and gets application/octet-stream.");
    return { ...fields, mediaType: stringNode("application/octet-stream") };
  }
  if (kind !== "result") return fields;
  return language === "python" ? withItems(fields) : withoutItems(content, report, path);
}

function uriMediaType(content: Content): JsonNode | undefined {
  const type = /^data:([^;,]+)/.exec(fieldText(content, "uri") ?? "")?.[1];
  return type === undefined ? undefined : stringNode(type);
}

/** Python writes a result of text twice: as it is, and as a content. */
function withItems(fields: Fields): Fields {
  if (fields.items !== undefined || fields.result?.type !== "string") return fields;
  const item = objectNode([
    ["type", stringNode("text")],
    ["text", fields.result],
    ["additional_properties", objectNode([])],
  ]);
  return { ...fields, items: arrayNode([item]) };
}

/** C# has a result only: what Python says in items or as an exception goes there when the place is free. */
function withoutItems(content: Content, report: Report, path: string): Fields {
  const { items, exception, ...fields } = content.fields;
  if (fields.result !== undefined) {
    if (!itemsRepeatResult(content))
      report("lost", path, "items of a function result: C# has the result only.");
    if (exception !== undefined) report("lost", path, "exception of a function result: C# writes none.");
    return fields;
  }
  const texts = items?.type === "array" ? items.items.map(itemText) : [];
  const text = texts.filter((found) => found !== undefined).join("");
  if (texts.includes(undefined)) report("lost", path, "items of a function result that are no text.");
  if (texts.length > 0)
    report("changed", path, "items of a function result: their text is the result in C#.");
  if (exception === undefined) return { ...fields, ...(text === "" ? {} : { result: stringNode(text) }) };
  report("changed", path, "exception of a function result: C# gets it as the result.");
  return {
    ...fields,
    result: stringNode(text === "" ? `Error: ${fieldText(content, "exception") ?? ""}` : text),
  };
}

function reportLosses(content: Content, rule: KindRule, language: Language, report: Report): void {
  const { path, type } = content;
  const lose = (what: string): void =>
    report("lost", path, `${what} of ${type}: the target has no place for it.`);
  for (const name of content.unknownMembers) lose(JSON.stringify(name));
  if (!isBlank(content.annotations)) lose("annotations");
  for (const { name, names } of rule.fields) {
    const isImplied = content.kind === "data" && name === "mediaType" && isImpliedByUri(content);
    if (names[language].length === 0 && !isBlank(content.fields[name]) && !isImplied) lose(name);
  }
}

function isImpliedByUri(content: Content): boolean {
  const implied = uriMediaType(content);
  return implied?.type === "string" && implied.value === fieldText(content, "mediaType");
}
