import type { Language } from "../shapes/shape.ts";

export type ContentKind =
  | "text"
  | "reasoning"
  | "data"
  | "uri"
  | "call"
  | "result"
  | "error"
  | "usage"
  | "hostedFile"
  | "hostedVectorStore"
  | "approvalRequest"
  | "approvalResponse"
  | "codeInterpreterCall"
  | "codeInterpreterResult"
  | "imageGenerationCall"
  | "imageGenerationResult"
  | "mcpCall"
  | "mcpResult"
  | "webSearchCall"
  | "webSearchResult";

/**
 * The form of a field's value, which C# and Python may represent differently. `flag`: only written if it is true.
 * `contents`: a list of content items. `content`: a list that Python writes as one content item if it has one.
 */
export type FieldForm =
  | "text"
  | "json"
  | "arguments"
  | "object"
  | "flag"
  | "usage"
  | "items"
  | "call"
  | "content"
  | "contents";

export type FieldName =
  | "approved"
  | "arguments"
  | "call"
  | "callId"
  | "code"
  | "contents"
  | "details"
  | "exception"
  | "id"
  | "informationalOnly"
  | "items"
  | "mediaType"
  | "message"
  | "name"
  | "protectedData"
  | "queries"
  | "reason"
  | "requiresConfirmation"
  | "result"
  | "serverName"
  | "status"
  | "text"
  | "toolName"
  | "uri";

export interface FieldRule {
  readonly name: FieldName;
  /** The names in each language: the first is written, all are read. Empty if the language lacks the field. */
  readonly names: { readonly [Of in Language]: readonly string[] };
  readonly form: FieldForm;
  /** Whether a content item without the field is invalid. */
  readonly required: boolean;
  /** The JSON text of a value that is not lost in a language without the field. */
  readonly implied?: string;
}

export interface KindRule {
  readonly kind: ContentKind;
  /** The values of `$type` (C#) and `type` (Python): the first is written, all are read. */
  readonly types: { readonly [Of in Language]: readonly string[] };
  /** The fields, in the order in which they are written. */
  readonly fields: readonly FieldRule[];
  /** The name of a member that a language always writes as `true`. */
  readonly flag: { readonly [Of in Language]?: string };
}

type Names = string | readonly string[];

function toList(names: Names): readonly string[] {
  return typeof names === "string" ? [names] : names;
}

export function field(
  name: FieldName,
  csharp: Names,
  python: Names,
  form: FieldForm = "text",
  implied?: string,
): FieldRule {
  const rule = { name, names: { csharp: toList(csharp), python: toList(python) }, form, required: false };
  return implied === undefined ? rule : { ...rule, implied };
}

export function required(rule: FieldRule): FieldRule {
  return { ...rule, required: true };
}

export function kind(
  name: ContentKind,
  csharp: Names,
  python: Names,
  fields: readonly FieldRule[],
  flag: KindRule["flag"] = {},
): KindRule {
  return { kind: name, types: { csharp: toList(csharp), python: toList(python) }, fields, flag };
}

export const CALL_ID: FieldRule = required(field("callId", "callId", "call_id"));
