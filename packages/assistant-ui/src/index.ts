export type { ThreadListAdapterOptions } from "./options.ts";
export { ThreadApiError, type ThreadApiErrorCode, type ThreadApiErrorDetails } from "./thread-api-error.ts";
export { type ThreadListAdapter, threadListAdapter } from "./thread-list-adapter.ts";
export type { ThreadList } from "./thread-list.ts";
