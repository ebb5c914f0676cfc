export type {
  Access,
  AppendedElements,
  AppendRequest,
  ForkRequest,
  Operation,
  ThreadHandler,
  ThreadHandlerOptions,
} from "./options.ts";
export type { Problem, ProblemCode } from "./problem.ts";
export { threadHandler } from "./thread-handler.ts";
