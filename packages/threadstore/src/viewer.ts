// The entry point for applications that mount the viewer: "threadstore/viewer".
export type { ViewerAccess, ViewerHandler, ViewerHandlerOptions, ViewerOperation } from "./viewer/options.ts";
export { nodeListener, type NodeListenerOptions } from "./viewer/node-listener.ts";
export { viewerHandler } from "./viewer/viewer-handler.ts";
