export type { ResumableStreamsOptions } from "./streams/options.ts";
export type { ReadOptions, StreamEntry } from "./streams/read-stream.ts";
export {
  type ResumableStreams,
  resumableStreams,
  type StreamAcquisition,
  type StreamLease,
  type StreamStatus,
} from "./streams/resumable-streams.ts";
export { StreamError, type StreamErrorCode, type StreamErrorDetails } from "./streams/stream-error.ts";
