export { defineRow, defineStoreRows } from "./define-rows.ts";
export type { Conversation, MatrixCheck, SdkMatrix } from "./define-rows.ts";
export { importPeer } from "./peers.ts";
