export type { AgUiEvent, AgUiInput, AgUiMessage } from "./ag-ui.ts";
export type { RunnerOptions } from "./options.ts";
export { RunnerError, type RunnerErrorCode, type RunnerErrorDetails } from "./runner-error.ts";
export {
  type RunnableAgent,
  type RunRequest,
  type ThreadRequest,
  type ThreadStoreRunner,
  threadStoreRunner,
} from "./thread-store-runner.ts";
