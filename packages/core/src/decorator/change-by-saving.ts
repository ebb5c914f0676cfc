import { wait } from "#platform";
import { APPEND_KEY } from "../encoding/append-keys.ts";
import { knowsAppendKey } from "../encoding/snapshot.ts";
import { ThreadStoreError } from "../errors.ts";
import { missingThread, staleVersion } from "../operations/conflict.ts";
import { conflictDelay } from "../runtime/retry.ts";
import { untilAborted } from "../runtime/until-aborted.ts";
import type { AppendResult, TouchResult } from "../thread-store.ts";
import { decoratedMetadataOption } from "../validation/decorated-metadata.ts";
import { copyMetadata } from "../validation/metadata.ts";
import { DEFAULT_TIMEOUT_MS } from "../validation/store-options.ts";
import { threadArgument } from "./thread-argument.ts";
import type {
  AppendArguments,
  DecoratedCall,
  DecoratedOperations,
  DecoratedThread,
  SaveArguments,
  TouchArguments,
  VersionArgument,
} from "./thread-store-decorator.ts";

export type LoadAndSave<State> = Pick<DecoratedOperations<State>, "load" | "save">;

/**
 * Returns the operations `append` and `touch` for a decorator that transforms threads or metadata: they load the thread,
 * change it and save it, and start over if another writer saves first.
 */
export function changeBySaving<State>(
  operations: LoadAndSave<State>,
): Pick<DecoratedOperations<State>, "append" | "touch"> {
  return {
    append: (append, call) => untilSaved(call, () => appendOnce(operations, append, call)),
    touch: (touch, call) => untilSaved(call, () => touchOnce(operations, touch, call)),
  };
}

/** `undefined` if another writer saved first. */
export type Attempt<Result> = { readonly result: Result } | undefined;

/** Loads the thread, appends to it, and saves it. */
export async function appendOnce<State>(
  operations: LoadAndSave<State>,
  { id, create, previous, appendTo, options }: AppendArguments<State>,
  call: DecoratedCall,
): Promise<Attempt<AppendResult>> {
  const { key } = options;
  const current = await operations.load({ id, cached: undefined, options: {} }, call);
  if (current !== undefined && key !== undefined && knowsAppendKey(current.stored, key)) {
    return { result: { ...touchResult(current), appended: false } };
  }
  checkPrevious(current, previous);
  const json = current === undefined ? create?.read().json : textOf(current);
  if (json === undefined) throw missingThread();
  const saving = { id, thread: appendTo(json), options: { ...storedOptions(options), [APPEND_KEY]: key } };
  const saved = await saveOver(operations, current, saving, call, previous);
  return saved && { result: { ...touchResult(saved), appended: true } };
}

/** Loads the thread, and saves it with the changes of a touch. */
export async function touchOnce<State>(
  operations: LoadAndSave<State>,
  { id, previous, options }: TouchArguments<State>,
  call: DecoratedCall,
): Promise<Attempt<TouchResult | undefined>> {
  const current = await operations.load({ id, cached: undefined, options: {} }, call);
  checkPrevious(current, previous);
  if (current === undefined) return { result: undefined };
  const thread = threadArgument(textOf(current), undefined);
  const saving = { id, thread, options: storedOptions(options) };
  const saved = await saveOver(operations, current, saving, call, previous);
  return saved && { result: touchResult(saved) };
}

/** Returns the options of an append or touch that change what is stored with the thread. */
function storedOptions({
  metadata,
  ttlMs,
  expiresAt,
  ...options
}: TouchArguments<never>["options"]): TouchArguments<never>["options"] {
  return { metadata, ttlMs, expiresAt, ...decoratedMetadataOption(options) };
}

/** Throws `CONFLICT` if the thread is not at the version of `previous`. */
export function checkPrevious<State>(
  current: DecoratedThread<State> | undefined,
  previous: VersionArgument<State> | undefined,
): void {
  if (previous === undefined || current?.stored.version === previous.version) return;
  throw staleVersion(current && { state: "live", version: current.stored.version });
}

/** Replaces the loaded thread. Resolves with `undefined` if another writer saved first and the call may start over. */
async function saveOver<State>(
  { save }: LoadAndSave<State>,
  current: DecoratedThread<State> | undefined,
  { options, ...saving }: Omit<SaveArguments<State>, "previous">,
  call: DecoratedCall,
  previous: VersionArgument<State> | undefined,
): Promise<DecoratedThread<State> | undefined> {
  const replaced = current && { version: current.stored.version, decorated: current };
  try {
    return await save(
      { ...saving, previous: replaced, options: { ...options, previous: current?.stored } },
      call,
    );
  } catch (error) {
    if (previous === undefined && ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}

/**
 * Repeats an attempt until it saves, or the time of the call is over. That other writers were first is not a conflict,
 * because the change applies to whichever version is stored. `attempt` gets the number of attempts before it.
 */
export async function untilSaved<Result>(
  call: DecoratedCall,
  attempt: (earlier: number) => Promise<Attempt<Result>>,
): Promise<Result> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = call.options();
  const deadline = performance.now() + timeoutMs;
  for (let attempts = 1; ; attempts += 1) {
    const saved = await attempt(attempts - 1);
    if (saved !== undefined) return saved.result;
    const delay = conflictDelay(attempts);
    if (performance.now() + delay >= deadline) throw contended();
    await untilAborted(() => wait(delay), call.signal);
  }
}

function contended(): ThreadStoreError {
  return new ThreadStoreError(
    "UNAVAILABLE",
    "Other writers saved the thread first until the time of the call was over. Nothing was changed. Try again, or raise `timeoutMs`.",
  );
}

function textOf<State>({ content, stored }: DecoratedThread<State>): string {
  return content === undefined ? stored.json : content.json();
}

function touchResult<State>({
  stored,
  id = stored.id,
  content,
  metadata = stored.metadata,
}: DecoratedThread<State>): TouchResult {
  const { version, createdAt, updatedAt, expiresAt } = stored;
  return {
    id,
    version,
    size: content?.size ?? stored.size,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    expiresAt: expiresAt && new Date(expiresAt),
    metadata: copyMetadata(metadata),
  };
}
