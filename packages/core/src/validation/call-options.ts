import type {
  AppendOptions,
  CallOptions,
  DeleteExpiredOptions,
  DeleteOptions,
  EraseOptions,
  ListOptions,
  LoadOptions,
  NamespacesOptions,
  SaveOptions,
  TouchOptions,
  UpdateOptions,
} from "../thread-store.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";
import { OMIT, type OptionNames, unknownOption } from "./option-names.ts";
import { isPlainObject } from "./plain-object.ts";
import { isTimeout, TIMEOUT_MAX_MS } from "./store-options.ts";

/** The options of each method, by its name in errors; `list` stands for both listings. */
export interface MethodOptions {
  readonly save: SaveOptions;
  readonly append: AppendOptions;
  readonly touch: TouchOptions;
  readonly load: LoadOptions;
  readonly delete: DeleteOptions;
  readonly list: ListOptions;
  readonly update: UpdateOptions;
  readonly deleteExpired: DeleteExpiredOptions;
  readonly namespaces: NamespacesOptions;
  readonly erase: EraseOptions;
}

const CALL: OptionNames<CallOptions> = { signal: true, timeoutMs: true };
const STORED = { metadata: true, ttlMs: true, expiresAt: true } as const;

const OPTION_NAMES: { readonly [method in keyof MethodOptions]: OptionNames<MethodOptions[method]> } = {
  save: { previous: true, overwrite: true, ...STORED, ...CALL },
  append: { previous: true, key: true, create: true, ...STORED, ...CALL },
  touch: { previous: true, ...STORED, ...CALL },
  load: { cached: true, ...CALL },
  delete: { previous: true, ...CALL },
  list: { order: true, limit: true, cursor: true, prefix: true, where: true, metadata: true, ...CALL },
  update: { ...STORED, maxAttempts: true, ...CALL },
  deleteExpired: { cursor: true, dryRun: true, ...CALL },
  namespaces: { limit: true, cursor: true, ...CALL },
  erase: { cursor: true, onProgress: true, ...CALL },
};

/**
 * Returns a copy of the options of a call, whose members are read once. Throws `INVALID_ARGUMENT` unless they are a plain
 * object, all of them are options of the method, and those that all calls share are valid.
 */
export function checkedCallOptions<Method extends keyof MethodOptions>(
  method: Method,
  options: unknown,
): MethodOptions[Method] {
  const copy = copyOptions(options);
  const problem = unknownOption(copy, OPTION_NAMES[method]);
  if (problem !== undefined) throw invalidArgument(problem);
  const { signal, timeoutMs } = copy;
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
    throw invalidArgument(`\`timeoutMs\` must be a number of milliseconds from 1 to ${TIMEOUT_MAX_MS}.`);
  }
  checkSignal(signal);
  return copy;
}

/** Returns a copy of an object with options. Throws `INVALID_ARGUMENT` unless it is a plain object that can be read. */
export function copyOptions(options: unknown, remedy: string = OMIT): { readonly [name: string]: unknown } {
  const copy = readArgument("The object with the options", () =>
    isPlainObject(options) ? { ...options } : undefined,
  );
  if (copy === undefined) throw invalidArgument(`The options must be a plain object. ${remedy}`);
  return copy;
}

const SIGNAL_METHODS = ["addEventListener", "removeEventListener", "throwIfAborted"] as const;

/** Not checked with `instanceof`, because test runners and polyfills have their own classes. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const isSignal = readArgument("`signal`", () => {
    if (typeof signal !== "object" || signal === null) return false;
    const members = signal as Readonly<Record<string, unknown>>;
    return (
      typeof members["aborted"] === "boolean" &&
      SIGNAL_METHODS.every((name) => typeof members[name] === "function")
    );
  });
  if (!isSignal)
    throw invalidArgument("`signal` must be an AbortSignal. Pass the `signal` of an AbortController.");
}
