import { HOSTED_KIND_RULES } from "./hosted-kinds.ts";
import { CALL_ID, field, kind, type KindRule, required } from "./kind-rule.ts";

const MEDIA_TYPE = field("mediaType", "mediaType", "media_type");
const EXCEPTION = field("exception", [], "exception");
const APPROVAL_ID = required(field("id", ["requestId", "id"], "id"));
const APPROVAL_CALL = required(field("call", ["toolCall", "functionCall"], "function_call", "call"));

/** The kinds of content that both languages have, with the names of their parts in each language. */
export const KIND_RULES: readonly KindRule[] = [
  kind("text", "text", "text", [field("text", "text", "text")]),
  kind("reasoning", "reasoning", "text_reasoning", [
    field("text", "text", "text"),
    field("protectedData", "protectedData", "protected_data"),
  ]),
  // C# derives the media type from the URI. Python does not have the name.
  kind("data", "data", "data", [
    required(field("uri", "uri", "uri")),
    field("mediaType", [], "media_type"),
    field("name", "name", []),
  ]),
  kind("uri", "uri", "uri", [required(field("uri", "uri", "uri")), MEDIA_TYPE]),
  kind("call", "functionCall", "function_call", [
    CALL_ID,
    required(field("name", "name", "name")),
    field("arguments", "arguments", "arguments", "arguments"),
    EXCEPTION,
    field("informationalOnly", "informationalOnly", "informational_only", "flag"),
  ]),
  kind("result", "functionResult", "function_result", [
    CALL_ID,
    field("result", "result", "result", "json"),
    EXCEPTION,
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
    MEDIA_TYPE,
    field("name", "name", "name"),
  ]),
  kind("hostedVectorStore", "hostedVectorStore", "hosted_vector_store", [
    required(field("id", "vectorStoreId", "vector_store_id")),
  ]),
  kind(
    "approvalRequest",
    ["toolApprovalRequest", "functionApprovalRequest"],
    "function_approval_request",
    [APPROVAL_CALL, APPROVAL_ID, field("requiresConfirmation", "requiresConfirmation", [], "json", "true")],
    // Python finds pending approvals by this member.
    { python: "user_input_request" },
  ),
  kind(
    "approvalResponse",
    ["toolApprovalResponse", "functionApprovalResponse"],
    "function_approval_response",
    [
      APPROVAL_CALL,
      field("approved", "approved", "approved", "json"),
      field("reason", "reason", []),
      APPROVAL_ID,
    ],
  ),
  ...HOSTED_KIND_RULES,
];

/** The names of the discriminator and of the members that every content can have. */
export const COMMON_NAMES = {
  csharp: { type: "$type", annotations: "annotations", properties: "additionalProperties" },
  python: { type: "type", annotations: "annotations", properties: "additional_properties" },
} as const;

/** The default values of members. With them, nothing is lost if the other language does not have the member. */
export const DEFAULT_VALUES: { readonly [member: string]: string } = {
  informationalOnly: "false",
  invocationRequired: "true",
  requiresConfirmation: "true",
  user_input_request: "true",
};
