import { arrayNode, getMember, type JsonNode, objectNode, stringNode } from "../json/node.ts";
import type { Report } from "../report.ts";
import type { Language } from "../shapes/shape.ts";
import { type Content, type Fields, fieldText, itemsRepeatResult, itemText } from "./content.ts";

/** Moves values to the members in which the target language keeps them. */
export function adaptFields(content: Content, language: Language, report: Report): Fields {
  const { kind, fields, path } = content;
  if (kind === "data" && language === "python")
    return { ...fields, mediaType: fields.mediaType ?? uriMediaType(content) };
  if (kind === "uri" && language === "csharp" && fields.mediaType === undefined) {
    report("changed", path, "C# requires a media type. The URI gets application/octet-stream.");
    return { ...fields, mediaType: stringNode("application/octet-stream") };
  }
  if (kind === "webSearchCall") return language === "python" ? withArguments(fields) : withQueries(fields);
  if (kind === "webSearchResult" && language === "python") return withToolName(fields);
  // Which calls wait for a person is written by the approvals of the turn.
  if (kind === "approvalRequest")
    return language === "python" ? omit(fields, "requiresConfirmation") : fields;
  if (kind !== "result") return fields;
  return language === "python" ? withItems(fields) : withoutItems(content, report, path);
}

function omit(fields: Fields, name: keyof Fields): Fields {
  const { [name]: _omitted, ...others } = fields;
  return others;
}

function withToolName(fields: Fields): Fields {
  return { ...fields, toolName: fields.toolName ?? stringNode("web_search") };
}

function withArguments(fields: Fields): Fields {
  const { queries } = fields;
  if (queries === undefined || fields.arguments !== undefined) return withToolName(fields);
  const onlyQuery = queries.type === "array" && queries.items.length === 1 ? queries.items[0] : undefined;
  const member = onlyQuery === undefined ? (["queries", queries] as const) : (["query", onlyQuery] as const);
  return withToolName({ ...omit(fields, "queries"), arguments: objectNode([member]) });
}

/** Moves the queries out of the arguments. Other arguments stay there, and are lost. */
function withQueries(fields: Fields): Fields {
  const list = fields.arguments;
  if (list?.type !== "object" || fields.queries !== undefined) return fields;
  const query = getMember(list, "query");
  const queries = getMember(list, "queries");
  const isList = queries?.type === "array" && queries.items.every(({ type }) => type === "string");
  const value = isList ? queries : query?.type === "string" ? arrayNode([query]) : undefined;
  if (value === undefined) return fields;
  const moved = isList ? ["queries"] : ["query"];
  const isRepeated =
    isList &&
    queries.items.some(
      (item) => query?.type === "string" && item.type === "string" && item.value === query.value,
    );
  if (isRepeated) moved.push("query");
  const rest = list.members.filter(([name]) => !moved.includes(name));
  return { ...fields, queries: value, arguments: objectNode(rest) };
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

export function isImpliedByUri(content: Content): boolean {
  const implied = uriMediaType(content);
  return implied?.type === "string" && implied.value === fieldText(content, "mediaType");
}
