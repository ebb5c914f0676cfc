import { APPEND_KEY, type AppendKeyOption } from "../encoding/append-keys.ts";
import { appendToText } from "../encoding/array-end.ts";
import { type PreservingOptions, preservingOptions } from "../encoding/preserved-details.ts";
import type { AppendOptions, DeleteOptions, LoadOptions, TouchOptions } from "../thread-store.ts";
import { checkCreate, checkedAppendKey } from "../validation/append-options.ts";
import { type DecoratedMetadataOption, decoratedMetadataOption } from "../validation/decorated-metadata.ts";
import { elementsText } from "../validation/elements.ts";
import { type ExpiryOptions, requestedExpiry } from "../validation/expiry.ts";
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

/** The parts of a decorated store that the validation of arguments uses. */
export interface ArgumentContext<State> {
  readonly returned: ReturnedThreads<State>;
  readonly maxThreadBytes: number | undefined;
  /** The clock of the inner store; `undefined` if another implementation of stores created it. */
  readonly now: (() => number) | undefined;
}

interface Key {
  readonly namespace: string;
  readonly id: string;
}

/** Validates and copies the arguments of a save. */
export function saveArguments<State>(
  context: ArgumentContext<State>,
  key: Key,
  thread: unknown,
  options: PreservingOptions & AppendKeyOption & DecoratedMetadataOption,
): SaveArguments<State> {
  const { overwrite = false } = options;
  checkOverwrite(overwrite, options.previous);
  const previous = versionArgument(context.returned, key, options.previous, "save");
  return {
    id: key.id,
    previous,
    options: {
      overwrite,
      previous: previous?.decorated?.stored ?? options.previous,
      metadata: checkedMetadata(options),
      ...expiryOptions(context, options),
      ...decoratedMetadataOption(options),
      ...appendKeyOption(options),
      ...preservingOptions(options),
    },
    thread: threadArgument(thread, context.maxThreadBytes),
  };
}

function expiryOptions<State>(
  { now = () => Number.NEGATIVE_INFINITY }: ArgumentContext<State>,
  { ttlMs, expiresAt }: ExpiryOptions,
): ExpiryOptions {
  return requestedExpiry({ ttlMs, expiresAt }, now());
}

/** Passes on the key of an append that a decorator of this store implements with a save. */
function appendKeyOption({ [APPEND_KEY]: key }: AppendKeyOption): AppendKeyOption {
  return key === undefined ? {} : { [APPEND_KEY]: key };
}

export function appendArguments<State>(
  context: ArgumentContext<State>,
  key: Key,
  elements: unknown,
  { key: appendKey, create, ...options }: AppendOptions,
): AppendArguments<State> {
  const { maxThreadBytes } = context;
  const { previous, options: touchOptions } = touchArguments(context, key, options, "append");
  checkCreate(create, previous);
  const text = elementsText(elements);
  const created = create === undefined ? undefined : threadArgument(create, maxThreadBytes, "create");
  if (created !== undefined) appendToText(created.read().json, text);
  return {
    id: key.id,
    elements: JSON.parse(`[${text}]`) as unknown[],
    elementsText: text,
    create: created,
    previous,
    options: { ...touchOptions, key: checkedAppendKey(appendKey), create: created?.value },
    appendTo: (json) => threadArgument(appendToText(json, text), maxThreadBytes),
  };
}

export function touchArguments<State>(
  context: ArgumentContext<State>,
  key: Key,
  { previous, ...options }: TouchOptions & DecoratedMetadataOption,
  method: "append" | "touch" = "touch",
): TouchArguments<State> {
  const version = versionArgument(context.returned, key, previous, method);
  return {
    id: key.id,
    previous: version,
    options: {
      previous: version?.decorated?.stored ?? previous,
      metadata: checkedMetadata(options),
      ...expiryOptions(context, options),
      ...decoratedMetadataOption(options),
    },
  };
}

export function loadArguments<State>(
  { returned }: ArgumentContext<State>,
  key: Key,
  options: LoadOptions,
): LoadArguments<State> {
  const cached = versionArgument(returned, key, options.cached, "load");
  return { id: key.id, cached, options: { cached: cached?.decorated?.stored ?? options.cached } };
}

export function deleteArguments<State>(
  { returned }: ArgumentContext<State>,
  key: Key,
  options: DeleteOptions,
): DeleteArguments<State> {
  const previous = versionArgument(returned, key, options.previous, "delete");
  return { id: key.id, previous, options: { previous: previous?.decorated?.stored ?? options.previous } };
}
