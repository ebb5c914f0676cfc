import {
  ERASED_SIZE,
  type ErasedSize,
  type ErasedSizeOption,
  STORED_SIZE,
} from "../../encoding/erased-size.ts";
import { ThreadStoreError } from "../../errors.ts";
import type { CallOptions, EraseOptions, EraseResult } from "../../thread-store.ts";
import type { DecoratedCall } from "../thread-store-decorator.ts";
import type { LogContext } from "./log-context.ts";
import { decodeOutline } from "./outline.ts";

type Options = Omit<EraseOptions, keyof CallOptions> & ErasedSizeOption;

/** Erases the namespace. The receipt counts the sizes of the threads, and not those of their segments. */
export function eraseLogs<Log>(
  { namespace, heads, format }: LogContext<Log>,
  { [ERASED_SIZE]: sizeOf = STORED_SIZE, ...options }: Options,
  call: DecoratedCall,
): Promise<EraseResult> {
  const innerSizeOf: ErasedSize = (stored, storedSize) => {
    try {
      const { metadata, end } = heads.split(stored);
      const size = end && decodeOutline(end.outline)?.size;
      // What another decorator stored in metadata can only be read if it is stored as it is.
      return format.metadata.isPlain ? sizeOf(metadata, size ?? storedSize) : (size ?? storedSize);
    } catch (error) {
      if (ThreadStoreError.is(error, "CORRUPT")) return storedSize;
      throw error;
    }
  };
  const erase: Options = { ...options, [ERASED_SIZE]: innerSizeOf };
  return namespace.inner.erase({ ...erase, ...call.options() });
}
