export type {
  Access,
  AppendedElements,
  AppendRequest,
  Operation,
  ThreadHandler,
  ThreadHandlerOptions,
} from "./options.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export { threadHandler } from "./thread-handler.ts";
