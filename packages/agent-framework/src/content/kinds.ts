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
  | "approvalResponse";

/** What a field holds, where C# and Python differ in more than its name. */
export type FieldForm = "text" | "json" | "arguments" | "usage" | "items" | "call";

export type FieldName =
  | "approved"
  | "arguments"
  | "call"
  | "callId"
  | "code"
  | "details"
  | "exception"
  | "id"
  | "items"
  | "mediaType"
  | "message"
  | "name"
  | "protectedData"
  | "reason"
  | "result"
  | "text"
  | "uri";

export interface FieldRule {
  readonly name: FieldName;
  /** What each language calls it: the first is written, all are read; none where a language lacks it. */
  readonly names: { readonly [Of in Language]: readonly string[] };
  readonly form: FieldForm;
  /** Without it the content means nothing. */
  readonly required: boolean;
}

export interface KindRule {
  readonly kind: ContentKind;
  /** The values of `$type` (C#) and `type` (Python): the first is written, all are read. */
  readonly types: { readonly [Of in Language]: readonly string[] };
  /** In the order in which they are written. */
  readonly fields: readonly FieldRule[];
  /** A member that a language always writes with `true`. */
  readonly flag: { readonly [Of in Language]?: string };
}

type Names = string | readonly string[];

function list(names: Names): readonly string[] {
  return typeof names === "string" ? [names] : names;
}

function field(name: FieldName, csharp: Names, python: Names, form: FieldForm = "text"): FieldRule {
  return { name, names: { csharp: list(csharp), python: list(python) }, form, required: false };
}

function required(rule: FieldRule): FieldRule {
  return { ...rule, required: true };
}

function kind(
  of: ContentKind,
  csharp: Names,
  python: Names,
  fields: readonly FieldRule[],
  flag: KindRule["flag"] = {},
): KindRule {
  return { kind: of, types: { csharp: list(csharp), python: list(python) }, fields, flag };
}

const callId = required(field("callId", "callId", "call_id"));
const mediaType = field("mediaType", "mediaType", "media_type");
const exception = field("exception", [], "exception");
const approvalId = required(field("id", ["requestId", "id"], "id"));
const approvalCall = required(field("call", ["toolCall", "functionCall"], "function_call", "call"));

/** The contents that both languages have, and what they call each part of them. */
export const kindRules: readonly KindRule[] = [
  kind("text", "text", "text", [field("text", "text", "text")]),
  kind("reasoning", "reasoning", "text_reasoning", [
    field("text", "text", "text"),
    field("protectedData", "protectedData", "protected_data"),
  ]),
  // C# takes the media type from the URI, and has a name, for which Python has no member.
  kind("data", "data", "data", [
    required(field("uri", "uri", "uri")),
    field("mediaType", [], "media_type"),
    field("name", "name", []),
  ]),
  kind("uri", "uri", "uri", [required(field("uri", "uri", "uri")), mediaType]),
  kind("call", "functionCall", "function_call", [
    callId,
    required(field("name", "name", "name")),
    field("arguments", "arguments", "arguments", "arguments"),
    exception,
  ]),
  kind("result", "functionResult", "function_result", [
    callId,
    field("result", "result", "result", "json"),
    exception,
    field("items", [], "items", "items"),
  ]),
  kind("error", "error", "error", [
    field("message", "message", "message"),
    field("code", "errorCode", "error_code"),
    field("details", "details", "error_details"),
  ]),
  kind("usage", "usage", "usage", [field("details", "details", "usage_details", "usage")]),
  kind("hostedFile", "hostedFile", "hosted_file", [
    required(field("id", "fileId", "file_id")),
    mediaType,
    field("name", "name", "name"),
  ]),
  kind("hostedVectorStore", "hostedVectorStore", "hosted_vector_store", [
    required(field("id", "vectorStoreId", "vector_store_id")),
  ]),
  kind(
    "approvalRequest",
    ["toolApprovalRequest", "functionApprovalRequest"],
    "function_approval_request",
    [approvalCall, approvalId],
    // By it Python knows what waits for a person.
    { python: "user_input_request" },
  ),
  kind(
    "approvalResponse",
    ["toolApprovalResponse", "functionApprovalResponse"],
    "function_approval_response",
    [
      approvalCall,
      field("approved", "approved", "approved", "json"),
      field("reason", "reason", []),
      approvalId,
    ],
  ),
];

/** What each language calls the discriminator and the members that every content can have. */
export const commonNames = {
  csharp: { type: "$type", annotations: "annotations", properties: "additionalProperties" },
  python: { type: "type", annotations: "annotations", properties: "additional_properties" },
} as const;

/** Members that say nothing with this value, so that it is no loss when the other language has no place for them. */
export const ordinaryValues: { readonly [member: string]: string } = {
  informationalOnly: "false",
  invocationRequired: "true",
  requiresConfirmation: "true",
  user_input_request: "true",
};
