import type { DeleteOptions, LoadOptions, SaveOptions } from "../thread-store.ts";
import { checkedExpiry } from "../validation/expiry.ts";
import { checkedMetadata } from "../validation/metadata.ts";
import { checkOverwrite } from "../validation/overwrite.ts";
import { versionArgument } from "./returned-threads.ts";
import { threadArgument } from "./thread-argument.ts";
import type {
  DeleteArguments,
  LoadArguments,
  ReturnedThreads,
  SaveArguments,
} from "./thread-store-decorator.ts";

interface Key {
  readonly namespace: string;
  readonly id: string;
}

/** Validates and copies the arguments of a save. Expiry is checked as far as that is possible without a clock. */
export function saveArguments<State>(
  returned: ReturnedThreads<State>,
  key: Key,
  thread: unknown,
  options: SaveOptions,
  maxThreadBytes: number | undefined,
): SaveArguments<State> {
  const { overwrite = false, metadata, ttlMs, expiresAt } = options;
  checkOverwrite(overwrite, options.previous);
  const previous = versionArgument(returned, key, options.previous, "previous");
  return {
    id: key.id,
    previous,
    options: {
      overwrite,
      previous: previous?.decorated?.stored ?? options.previous,
      metadata: metadata === undefined ? undefined : checkedMetadata(metadata),
      ...checkedExpiry({ ttlMs, expiresAt }),
    },
    thread: threadArgument(thread, maxThreadBytes),
  };
}

export function loadArguments<State>(
  returned: ReturnedThreads<State>,
  key: Key,
  options: LoadOptions,
): LoadArguments<State> {
  const cached = versionArgument(returned, key, options.cached, "cached");
  return { id: key.id, cached, options: { cached: cached?.decorated?.stored ?? options.cached } };
}

export function deleteArguments<State>(
  returned: ReturnedThreads<State>,
  key: Key,
  options: DeleteOptions,
): DeleteArguments<State> {
  const previous = versionArgument(returned, key, options.previous, "previous");
  return { id: key.id, previous, options: { previous: previous?.decorated?.stored ?? options.previous } };
}
