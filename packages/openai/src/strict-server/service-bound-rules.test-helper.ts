import { invalidRequest, isObject, type Message, type Rejection } from "./request.test-helper.ts";
import type { ServiceRule } from "./responses-service.test-helper.ts";

function containsValue(value: unknown, found: (object: Message) => boolean): boolean {
  if (Array.isArray(value)) return value.some((element) => containsValue(element, found));
  if (!isObject(value)) return false;
  return found(value) || Object.values(value).some((member) => containsValue(member, found));
}

function ruleFor(source: string, found: (object: Message) => boolean, rejection: Rejection): ServiceRule {
  return { source, check: ({ items }) => (containsValue(items, found) ? rejection : undefined) };
}

export type ServiceBoundCase =
  | "a container of another account"
  | "a file that was deleted"
  | "a URL that has expired"
  | "an expired container"
  | "an item that is not stored"
  | "encrypted content of another key"
  | "encrypted content that cannot be parsed";

/** Content that the service could use once and rejects now, each with the words of a real rejection. */
export const SERVICE_BOUND_RULES: { readonly [Case in ServiceBoundCase]: ServiceRule } = {
  "encrypted content of another key": ruleFor(
    "https://github.com/openai/codex/issues/8119",
    ({ encrypted_content: content }) => content === "gAAA_old",
    invalidRequest(
      "The encrypted content gAAA...old= could not be verified.",
      null,
      "invalid_encrypted_content",
    ),
  ),
  "encrypted content that cannot be parsed": ruleFor(
    "https://github.com/smallmain/vscode-unify-chat-provider/issues/178",
    ({ encrypted_content: content }) => content === "gAAA_old",
    invalidRequest(
      "The encrypted content for item rs_1 could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
    ),
  ),
  "an expired container": ruleFor(
    "https://community.openai.com/t/container-is-expired-error-in-openai-responses-api-stream/1321773",
    ({ container_id: id }) => id === "cntr_1",
    invalidRequest("Container is expired."),
  ),
  "a container of another account": ruleFor(
    "https://github.com/pydantic/pydantic-ai/issues/7461",
    ({ container_id: id }) => id === "cntr_1",
    invalidRequest("Expected container_id: cntr_1"),
  ),
  "an item that is not stored": ruleFor(
    "https://github.com/can1357/oh-my-pi/issues/41",
    ({ id }) => id === "mcp_1" || id === "ws_1",
    {
      status: 404,
      error: {
        message:
          "Item with id 'mcp_1' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.",
        type: "invalid_request_error",
        param: "input",
        code: null,
      },
    },
  ),
  "a URL that has expired": ruleFor(
    "https://github.com/vercel/ai/issues/8857",
    ({ image_url: url }) => url === "https://files.test/1.png",
    invalidRequest("Timeout while downloading https://files.test/1.png", "url", "invalid_value"),
  ),
  "a file that was deleted": ruleFor(
    "The words of the Files API for an unknown id",
    ({ file_id: id }) => id === "file-1",
    invalidRequest("No such File object: file-1", "id", null),
  ),
};

/** Rejects a reference to a stored response. Source: the README of github.com/openai/codex of June 2025. */
export const ZERO_DATA_RETENTION: ServiceRule = {
  source: "https://github.com/openai/codex/blob/main/codex-cli/README.md",
  check: ({ body }) =>
    body["previous_response_id"] === undefined
      ? undefined
      : invalidRequest(
          "Previous response cannot be used for this organization due to Zero Data Retention.",
          "previous_response_id",
          "unsupported_parameter",
        ),
};
