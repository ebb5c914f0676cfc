export type { ChatOrigin } from "./chat/to-chat.ts";
export {
  InterchangeError,
  type InterchangeErrorCode,
  type InterchangeErrorDetails,
} from "./interchange-error.ts";
export { readAgentFrameworkThread, type ReadOptions, type ReadThread } from "./read.ts";
export {
  checkAgentFrameworkThread,
  repairAgentFrameworkThread,
  type AgentFrameworkCheckOptions,
  type RepairedAgentFrameworkThread,
} from "./repair/repair-agent-framework-thread.ts";
export type { ReportEntry, ReportKind } from "./report.ts";
export { detectShape, type DetectedShape, type MessagesAt } from "./shapes/detect.ts";
export type { RecognizedShape } from "./shapes/recognize.ts";
export type { AgentFrameworkShape } from "./shapes/shape.ts";
export { writeAgentFrameworkThread, type WriteOptions, type WrittenThread } from "./write.ts";
