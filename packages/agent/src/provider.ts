// The entry point for packages that implement a provider: "@threadstore/agent/provider".
export { invalidValue, requireText } from "./agent-error.ts";
export { readAgentOptions, type AgentSettings } from "./agent-options.ts";
export { createAgent } from "./create-agent.ts";
export { copyJson, type CopyOptions } from "./json.ts";
export type { Model, ModelRequest, ModelResponse, Protocol } from "./run/protocol.ts";
export { validateCheckOptions } from "./repair/check-options.ts";
export { INTERRUPTED_ANSWER, INTERRUPTED_RESULT } from "./repair/interrupted-texts.ts";
export { toArgumentsText } from "./repair/repair-calls.ts";
export { cutText } from "./limits/shorten-text.ts";
export { hasThoughtSignature } from "./limits/thought-signature.ts";
export { MESSAGE_FORM } from "./repair/message-form.ts";
export { type CallEntry, type MessageEntry, withoutUndefined } from "./wire-form/message-entry.ts";
export {
  type MessageListTask,
  repairMessageList,
  type RepairedMessageList,
} from "./repair/repair-message-list.ts";
export { checkThread, repairThread } from "./repair/repair-thread.ts";
export type { Repairer } from "./findings/repairer.ts";
export { reportMalformedText } from "./repair/report-malformed-text.ts";
export { describeRemovedToolCall } from "./repair/replace-removed-tools.ts";
export type { RepairableKind, WireForm } from "./wire-form/wire-form.ts";
export type { ThreadOf } from "./run/agent-runs.ts";
export type { EmitEvent } from "./run/run-event.ts";
export type { LeftOut } from "./left-out.ts";
export { splitCharacters } from "./run/split-characters.ts";
export type { OpenCalls, ThreadKind } from "./thread/thread-kind.ts";
export { defineNativeTool, type NativeToolDefinition } from "./tools/define-native-tool.ts";
export type { ReadArguments } from "./tools/define-tool.ts";
export { ANY_NAME, toolKey } from "./tools/find-tool.ts";
export type { ToolCall } from "./thread/tool-call.ts";
