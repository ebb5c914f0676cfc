import { AsyncLocalStorage } from "node:async_hooks";
import callbacks, { type promises } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { DiskLog } from "./disk-log.ts";
import type { Arguments, WatchedCalls } from "./watched-call.ts";
import { watchedCalls } from "./watched-calls.ts";

type AnyFunction = (...parameters: Arguments) => unknown;
type Functions = Record<string, AnyFunction | undefined>;

/** For each method of a `FileHandle`, the function that does the same with a descriptor. */
const HANDLE_METHODS: Readonly<Record<string, string>> = {
  write: "write",
  writev: "writev",
  writeFile: "writeFile",
  appendFile: "appendFile",
  sync: "fsync",
  datasync: "fdatasync",
  truncate: "ftruncate",
  close: "close",
};

/**
 * Records everything that this process does to the folder through `node:fs` from now on. This cannot be undone. Must be
 * called before the code to watch is imported.
 */
export function watchDisk(log: DiskLog, root: string): void {
  const calls = watchedCalls(log, root);
  const watcher = new Watcher(log, calls);
  const asPromises = createRequire(import.meta.url)("node:fs/promises") as typeof promises;
  const withCallbacks = callbacks as unknown as Functions;
  for (const name of Object.keys(calls)) {
    replace(withCallbacks, name, (original) => watcher.withCallback(name, original));
    replace(withCallbacks, `${name}Sync`, (original) => watcher.synchronous(name, original));
    replace(asPromises as unknown as Functions, name, (original) => watcher.asPromise(name, original));
  }
  syncBuiltinESMExports();
}

function replace(functions: Functions, name: string, watched: (original: AnyFunction) => AnyFunction): void {
  const original = functions[name];
  if (original === undefined) return;
  // With the properties of the original, since `promisify` uses some of them.
  functions[name] = Object.defineProperties(watched(original), Object.getOwnPropertyDescriptors(original));
}

class Watcher {
  readonly #log: DiskLog;
  readonly #calls: WatchedCalls;
  /** Set while a watched call runs. Calls that Node.js makes internally meanwhile are part of it. */
  readonly #inside = new AsyncLocalStorage<true>();

  constructor(log: DiskLog, calls: WatchedCalls) {
    this.#log = log;
    this.#calls = calls;
  }

  synchronous(name: string, original: AnyFunction): AnyFunction {
    return (...passed) => {
      if (this.#isInside) return original(...passed);
      const { parameters, isSkipped, finish } = this.#begin(name, passed);
      return finish(isSkipped ? undefined : this.#inside.run(true, () => original(...parameters)));
    };
  }

  asPromise(name: string, original: AnyFunction): AnyFunction {
    return async (...passed) => {
      if (this.#isInside) return original(...passed);
      const { parameters, isSkipped, finish } = this.#begin(name, passed);
      const result = finish(
        isSkipped ? undefined : await this.#inside.run(true, () => original(...parameters)),
      );
      return name === "open" ? this.#watchHandle(result as promises.FileHandle) : result;
    };
  }

  withCallback(name: string, original: AnyFunction): AnyFunction {
    return (...passed) => {
      const callback = passed.at(-1);
      if (this.#isInside || typeof callback !== "function") return original(...passed);
      const outside = AsyncLocalStorage.snapshot();
      const { parameters, isSkipped, finish } = this.#begin(name, passed.slice(0, -1));
      const watchedCallback = (error: unknown, ...results: Arguments): void => {
        outside(() => {
          try {
            if (error === null || error === undefined) finish(results[0]);
          } catch (fault) {
            return void callback(fault);
          }
          return void callback(error, ...results);
        });
      };
      if (isSkipped) return void setImmediate(watchedCallback, null);
      return this.#inside.run(true, () => original(...parameters, watchedCallback));
    };
  }

  get #isInside(): boolean {
    return this.#inside.getStore() === true;
  }

  /** Starts a call. `finish` records its actions and throws if the call must fail. */
  #begin(
    name: string,
    passed: Arguments,
  ): { parameters: Arguments; isSkipped: boolean; finish: <T>(result: T) => T } {
    const call = this.#calls[name];
    // Planning may read the disk. That is not recorded, since the store does not do it.
    const planned = this.#inside.run(true, () => call?.plan(passed) ?? []);
    const { fault, end } = this.#log.begin(name, planned);
    return {
      parameters: fault === undefined ? passed : (call?.unsynced?.(passed) ?? passed),
      isSkipped: fault?.isSync === true && call?.unsynced === undefined,
      finish: (result) => {
        end(this.#inside.run(true, () => call?.outcome?.(passed, result, planned) ?? planned));
        if (fault !== undefined) throw fault.error;
        return result;
      },
    };
  }

  #watchHandle(handle: promises.FileHandle): promises.FileHandle {
    const methods = handle as unknown as Functions;
    for (const [method, name] of Object.entries(HANDLE_METHODS)) {
      const original = methods[method]?.bind(handle);
      if (original === undefined) continue;
      const watched = this.asPromise(name, (_descriptor, ...parameters) => original(...parameters));
      methods[method] = (...parameters) => watched(handle.fd, ...parameters);
    }
    return handle;
  }
}
