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
import { invalidArgument } from "./invalid-argument.ts";
import { type OptionNames, unknownOption } from "./option-names.ts";
import { isTimeout, TIMEOUT_MAX_MS } from "./store-options.ts";

/** The options of each method, by its name in errors; `list` stands for both listings. */
interface MethodOptions {
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
  deleteExpired: { cursor: true, ...CALL },
  namespaces: { limit: true, cursor: true, ...CALL },
  erase: { cursor: true, onProgress: true, ...CALL },
};

/** Throws `INVALID_ARGUMENT` unless the names of the options, and the options that all calls share, are valid. */
export function checkCallOptions(method: keyof MethodOptions, options: CallOptions): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument("The options of a call must be an object.");
  }
  const problem = unknownOption(options, OPTION_NAMES[method]);
  if (problem !== undefined) throw invalidArgument(problem);
  const { signal, timeoutMs } = options;
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
    throw invalidArgument(`\`timeoutMs\` must be a number of milliseconds from 1 to ${TIMEOUT_MAX_MS}.`);
  }
  // Not checked with `instanceof`, because test runners and polyfills have their own classes.
  if (signal !== undefined && (typeof signal !== "object" || !("aborted" in signal))) {
    throw invalidArgument("`signal` must be an AbortSignal.");
  }
}
