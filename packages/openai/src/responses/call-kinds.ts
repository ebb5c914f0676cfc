import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { isMissing, isOperation, isScreenshot, isShellOutput, toActionText } from "./call-members.ts";
import { parseJson, toShellOutput } from "./shell-output.ts";

/** A kind of call that the application must answer. Everything that differs between the kinds is in this table. */
export interface CallKind {
  /** The type of the item that answers a call. */
  readonly answerType: string;
  /** The member of a call that contains its id. */
  readonly idMember: "call_id" | "id";
  /** The member of an answer that contains the id of its call. */
  readonly answeredIdMember: "call_id" | "approval_request_id";
  /** Whether the answer is text, or parts of text, in its member `output`. */
  readonly answersText: boolean;
  /** Whether the result of a tool is sent as text, which may be shortened. */
  readonly hasTextResult: boolean;
  /** Whether an answer has no place for a text that says why the call was denied or failed. */
  readonly hidesErrors: boolean;
  /** Whether the service answers the call, so that the application never sees it as open. */
  readonly isAnsweredByService: (call: JsonObject) => boolean;
  /** Returns the name of the tool and the arguments as they are shown, or `undefined` if the call is malformed. */
  readonly describe: (call: JsonObject) => { readonly name: string; readonly arguments: string } | undefined;
  /** Returns the members of an answer with this text. `isError`: the call was denied, failed or never finished. */
  readonly answer: (call: JsonObject, text: string, isError: boolean) => JsonObject;
  /** Returns whether an answer has the members that the service requires, apart from its id. */
  readonly isAnswer: (answer: JsonObject) => boolean;
}

const byApplication = { idMember: "call_id", answeredIdMember: "call_id" } as const;

const TEXT_ANSWER = {
  answersText: true,
  hasTextResult: true,
  hidesErrors: false,
  answer: (_call: JsonObject, text: string): JsonObject => ({ output: text }),
  isAnswer: ({ output }: JsonObject): boolean => isContent(output),
} as const;

/** A transparent image of 1 by 1 pixel: the API accepts only an image as the answer to a computer call. */
export const BLANK_SCREENSHOT =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

/** The kinds of call, by the type of their items. */
export const CALL_KINDS: { readonly [type: string]: CallKind } = {
  function_call: {
    ...byApplication,
    ...TEXT_ANSWER,
    answerType: "function_call_output",
    isAnsweredByService: never,
    describe: (call) => describe(qualifiedName(call), call["arguments"]),
  },
  custom_tool_call: {
    ...byApplication,
    ...TEXT_ANSWER,
    answerType: "custom_tool_call_output",
    isAnsweredByService: never,
    describe: (call) => describe(qualifiedName(call), call["input"]),
  },
  local_shell_call: {
    ...byApplication,
    ...TEXT_ANSWER,
    answerType: "local_shell_call_output",
    isAnsweredByService: never,
    describe: ({ action }) => describe("local_shell", toActionText(action, "command")),
    isAnswer: ({ output }) => typeof output === "string",
  },
  shell_call: {
    ...byApplication,
    answerType: "shell_call_output",
    answersText: false,
    hasTextResult: false,
    hidesErrors: false,
    isAnsweredByService: ({ environment }) =>
      isJsonObject(environment) && environment["type"] === "container_reference",
    describe: ({ action }) => describe("shell", toActionText(action, "commands")),
    answer: ({ action }, text, isError) => {
      const limit = isJsonObject(action) ? action["max_output_length"] : undefined;
      const output = toShellOutput(text, isError);
      return typeof limit === "number" ? { output, max_output_length: limit } : { output };
    },
    isAnswer: ({ output }) => Array.isArray(output) && output.every(isShellOutput),
  },
  apply_patch_call: {
    ...byApplication,
    answerType: "apply_patch_call_output",
    answersText: false,
    hasTextResult: true,
    hidesErrors: false,
    isAnsweredByService: never,
    describe: ({ operation }) =>
      describe("apply_patch", isOperation(operation) ? JSON.stringify(operation) : undefined),
    answer: (_call, text, isError) => ({ status: isError ? "failed" : "completed", output: text }),
    isAnswer: ({ status, output }) =>
      (status === "completed" || status === "failed") && (isMissing(output) || typeof output === "string"),
  },
  computer_call: {
    ...byApplication,
    answerType: "computer_call_output",
    answersText: false,
    hasTextResult: false,
    hidesErrors: true,
    isAnsweredByService: never,
    describe: (call) => describe("computer", computerArguments(call)),
    answer: ({ pending_safety_checks: checks }, text, isError) => {
      const screenshot = isError ? { image_url: BLANK_SCREENSHOT } : parseObject(text);
      const output = { type: "computer_screenshot", ...screenshot };
      const isAcknowledged = !isError && Array.isArray(checks) && checks.length > 0;
      return isAcknowledged ? { output, acknowledged_safety_checks: checks } : { output };
    },
    isAnswer: ({ output }) => isScreenshot(output),
  },
  mcp_approval_request: {
    idMember: "id",
    answeredIdMember: "approval_request_id",
    answerType: "mcp_approval_response",
    answersText: false,
    hasTextResult: false,
    hidesErrors: false,
    isAnsweredByService: never,
    describe: ({ server_label: server, name, arguments: text }) =>
      describe(
        typeof server === "string" && typeof name === "string" ? `${server}.${name}` : undefined,
        text,
      ),
    answer: (_call, text, isError) => (isError ? { approve: false, reason: text } : { approve: true }),
    isAnswer: ({ approve }) => typeof approve === "boolean",
  },
  tool_search_call: {
    ...byApplication,
    answerType: "tool_search_output",
    answersText: false,
    hasTextResult: false,
    hidesErrors: true,
    isAnsweredByService: ({ execution }) => execution !== "client",
    describe: ({ arguments: value }) => describe("tool_search", JSON.stringify(value ?? {})),
    answer: () => ({ execution: "client", status: "completed", tools: [] }),
    isAnswer: ({ tools }) => Array.isArray(tools),
  },
};

/** The kinds of call, by the type of the items that answer them. */
export const CALL_KINDS_BY_ANSWER: ReadonlyMap<string, CallKind> = new Map(
  Object.values(CALL_KINDS).map((kind) => [kind.answerType, kind]),
);

function never(): boolean {
  return false;
}

function describe(
  name: JsonValue | undefined,
  text: JsonValue | undefined,
): ReturnType<CallKind["describe"]> {
  return typeof name === "string" && typeof text === "string" ? { name, arguments: text } : undefined;
}

function qualifiedName({ name, namespace }: JsonObject): JsonValue | undefined {
  return typeof namespace === "string" && typeof name === "string" ? `${namespace}.${name}` : name;
}

function computerArguments({
  action,
  actions,
  pending_safety_checks: checks,
}: JsonObject): string | undefined {
  const list = Array.isArray(actions) ? actions : isJsonObject(action) ? [action] : undefined;
  if (list === undefined || !Array.isArray(checks)) return undefined;
  return JSON.stringify({ actions: list, pending_safety_checks: checks });
}

function parseObject(text: string): JsonObject {
  const value = parseJson(text);
  return isJsonObject(value) ? value : { image_url: BLANK_SCREENSHOT };
}

function isContent(value: JsonValue | undefined): boolean {
  if (!Array.isArray(value)) return typeof value === "string";
  return value.every((part) => isJsonObject(part) && typeof part["type"] === "string");
}
