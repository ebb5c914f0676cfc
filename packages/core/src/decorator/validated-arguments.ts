import { APPEND_KEY, type AppendKeyOption } from "../encoding/append-keys.ts";
import { appendToText } from "../encoding/array-end.ts";
import { type PreservingOptions, preservingOptions } from "../encoding/preserved-details.ts";
import type { AppendOptions, DeleteOptions, LoadOptions, TouchOptions } from "../thread-store.ts";
import { checkCreate, checkedAppendKey } from "../validation/append-options.ts";
import { elementsText } from "../validation/elements.ts";
import { checkedExpiry } from "../validation/expiry.ts";
import { checkedMetadata } from "../validation/metadata.ts";
import { checkOverwrite } from "../validation/overwrite.ts";
import { versionArgument } from "./returned-threads.ts";
import { threadArgument } from "./thread-argument.ts";
import type {
  AppendArguments,
  DeleteArguments,
  LoadArguments,
  ReturnedThreads,
  SaveArguments,
  TouchArguments,
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
  options: PreservingOptions & AppendKeyOption,
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
      ...appendKeyOption(options),
      ...preservingOptions(options),
    },
    thread: threadArgument(thread, maxThreadBytes),
  };
}

/** Passes on the key of an append that a decorator of this store implements with a save. */
function appendKeyOption({ [APPEND_KEY]: key }: AppendKeyOption): AppendKeyOption {
  return key === undefined ? {} : { [APPEND_KEY]: key };
}

export function appendArguments<State>(
  returned: ReturnedThreads<State>,
  key: Key,
  elements: unknown,
  { key: appendKey, create, ...options }: AppendOptions,
  maxThreadBytes: number | undefined,
): AppendArguments<State> {
  const { previous, options: touchOptions } = touchArguments(returned, key, options);
  checkCreate(create, previous);
  const text = elementsText(elements);
  const created = create === undefined ? undefined : threadArgument(create, maxThreadBytes);
  if (created !== undefined) appendToText(created.read().json, text);
  return {
    id: key.id,
    elements: JSON.parse(`[${text}]`) as unknown[],
    create: created,
    previous,
    options: { ...touchOptions, key: checkedAppendKey(appendKey), create: created?.value },
    appendTo: (json) => threadArgument(appendToText(json, text), maxThreadBytes),
  };
}

export function touchArguments<State>(
  returned: ReturnedThreads<State>,
  key: Key,
  { previous, metadata, ttlMs, expiresAt }: TouchOptions,
): TouchArguments<State> {
  const version = versionArgument(returned, key, previous, "previous");
  return {
    id: key.id,
    previous: version,
    options: {
      previous: version?.decorated?.stored ?? previous,
      metadata: metadata === undefined ? undefined : checkedMetadata(metadata),
      ...checkedExpiry({ ttlMs, expiresAt }),
    },
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
