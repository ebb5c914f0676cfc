import { quoteName } from "@threadstore/core/documents";
import {
  arrayNode,
  booleanNode,
  isBlank,
  type JsonNode,
  NULL_NODE,
  type ObjectNode,
  objectNode,
  printNode,
  stringNode,
} from "../json/node.ts";
import type { Report } from "../report.ts";
import type { Dialect, Language } from "../shapes/shape.ts";
import { adaptFields, isImpliedByUri } from "./adapt-fields.ts";
import { printAnnotations } from "./annotations.ts";
import { adaptApprovedCall } from "./approved-call.ts";
import { argumentsToObject } from "./arguments.ts";
import { type Content, fieldText } from "./content.ts";
import type { FieldRule, KindRule } from "./kind-rule.ts";
import { COMMON_NAMES, KIND_RULES } from "./kinds.ts";
import { fromNeutralUsage } from "./usage.ts";

export interface PrintTarget {
  readonly dialect: Dialect;
  readonly report: Report;
}

/** Writes a content item in a dialect and reports losses. Returns `undefined` if nothing remains. */
export function printContent(content: Content, target: PrintTarget): ObjectNode | undefined {
  const { kind, path } = content;
  const language = target.dialect === "csharp" ? "csharp" : "python";
  const rule = KIND_RULES.find((candidate) => candidate.kind === kind);
  if (rule === undefined || !isRepresentable(content, language)) {
    const subject =
      content.type === "" ? "content without a type" : `content of type ${quoteName(content.type)}`;
    target.report("lost", path, `The target does not have ${subject}.`);
    return undefined;
  }
  const adapted = { ...content, fields: adaptFields(content, language, target.report) };
  reportLosses(adapted, rule, language, target.report);
  const flag = rule.flag[language];
  const fields = [
    ...rule.fields.map((field) => printField(adapted, field, language, target)),
    [flag ?? "", flag === undefined ? undefined : booleanNode(true)] as const,
  ];
  return frame(rule, content, fields, target);
}

/**
 * Returns whether a language can read the content item. C# only has the web as a hosted search, and requires the id of
 * a hosted call. Both require the call of an approval.
 */
function isRepresentable(content: Content, language: Language): boolean {
  const { kind, fields, call } = content;
  if (kind === "approvalRequest" || kind === "approvalResponse") {
    return call !== undefined && call.kind !== "unknown" && isRepresentable(call, language);
  }
  if (language === "python") return true;
  const isSearch = kind === "webSearchCall" || kind === "webSearchResult";
  if (isSearch && !(fieldText(content, "toolName") ?? "web_search").startsWith("web_search")) return false;
  const isHosted = isSearch || /^(?:codeInterpreter|imageGeneration|mcp)/.test(kind);
  return !isHosted || fields.callId !== undefined;
}

type PrintedField = readonly [string, JsonNode | undefined];

function frame(
  rule: KindRule,
  content: Content,
  fields: readonly PrintedField[],
  { dialect, report }: PrintTarget,
): ObjectNode {
  const language = dialect === "csharp" ? "csharp" : "python";
  const names = COMMON_NAMES[language];
  const type: PrintedField = [names.type, stringNode(rule.types[language][0] ?? "")];
  const properties = isBlank(content.properties) ? undefined : content.properties;
  const annotations = printAnnotations(content.annotations, language, loser(content, report));
  if (dialect === "csharp") {
    return objectNode([type, ...fields, [names.annotations, annotations], [names.properties, properties]]);
  }
  if (dialect === "python-session") {
    return objectNode([
      type,
      ...fields,
      [names.properties, content.properties],
      [names.annotations, annotations],
    ]);
  }
  // The first Python version also writes members that are not set.
  const hasException = rule.fields.some(({ name }) => name === "exception");
  const exception: PrintedField = ["exception", hasException ? NULL_NODE : undefined];
  const isSet = fields.some(([name, value]) => name === "exception" && value !== undefined);
  const unset: readonly PrintedField[] = isSet ? [] : [exception];
  return objectNode([
    type,
    [names.annotations, annotations ?? NULL_NODE],
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
  const { path } = content;
  const value = content.fields[rule.name];
  switch (rule.form) {
    case "call":
      if (content.call === undefined) return [name, undefined];
      return [name, printContent(adaptApprovedCall(content.call, language), target)];
    case "content":
    case "contents":
      return [name, printNested(content, rule, language, target)];
    case "usage":
      if (value === undefined) return [name, undefined];
      return [
        name,
        fromNeutralUsage(value, language, (count) => {
          target.report("lost", path, `The target does not have the count ${quoteName(count)} of a usage.`);
        }),
      ];
    case "items":
      return [name, target.dialect === "python-thread" ? undefined : value];
    case "arguments":
    case "object":
      return [name, language === "python" ? value : toObject(value, path, target.report)];
    default:
      return [name, value];
  }
}

function toObject(value: JsonNode | undefined, path: string, report: Report): JsonNode | undefined {
  if (value === undefined || value.type === "object") return value;
  const { value: object, isWrapped } = argumentsToObject(
    value.type === "string" ? value.value : printNode(value),
  );
  if (isWrapped) {
    report("changed", path, "The arguments are not an object. In C#, they become the member raw of one.");
  }
  return object;
}

function printNested(
  { nested }: Content,
  { form }: FieldRule,
  language: Language,
  target: PrintTarget,
): JsonNode | undefined {
  const printed = nested.map((item) => printContent(item, target)).filter((item) => item !== undefined);
  const [onlyItem] = printed;
  if (onlyItem === undefined) return undefined;
  return form === "content" && language === "python" && printed.length === 1 ? onlyItem : arrayNode(printed);
}

function loser({ path, type }: Content, report: Report): (part: string) => void {
  return (part) => report("lost", path, `The target does not have ${part} of ${type}.`);
}

function reportLosses(content: Content, rule: KindRule, language: Language, report: Report): void {
  const lose = loser(content, report);
  for (const name of content.unknownMembers) lose(`the member ${quoteName(name)}`);
  for (const { name, names, implied } of rule.fields) {
    const value = content.fields[name];
    if (names[language].length > 0 || isBlank(value)) continue;
    const isImplied =
      content.kind === "data" && name === "mediaType"
        ? isImpliedByUri(content)
        : value !== undefined && printNode(value) === implied;
    if (!isImplied) lose(`the field ${name}`);
  }
}
