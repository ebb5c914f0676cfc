import { AsyncLocalStorage } from "node:async_hooks";
import callbacks, { type promises } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { DiskLog } from "./disk-log.ts";
import type { Arguments, WatchedCalls } from "./watched-call.ts";
import { watchedCalls } from "./watched-calls.ts";

type AnyFunction = (...parameters: Arguments) => unknown;
type Functions = Record<string, AnyFunction | undefined>;

/** Methods of a `FileHandle`, and the function that does the same with a descriptor. */
const methods: Readonly<Record<string, string>> = {
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
 * Writes down, from now on and for good, what this process does to the folder through `node:fs`. To be called before
 * whoever does it is imported.
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
  // With its own properties: they tell `promisify` what to do.
  functions[name] = Object.defineProperties(watched(original), Object.getOwnPropertyDescriptors(original));
}

class Watcher {
  readonly #log: DiskLog;
  readonly #calls: WatchedCalls;
  /** Set while a watched call runs: what Node's own code calls in turn is a part of it. */
  readonly #inside = new AsyncLocalStorage<true>();

  constructor(log: DiskLog, calls: WatchedCalls) {
    this.#log = log;
    this.#calls = calls;
  }

  synchronous(name: string, original: AnyFunction): AnyFunction {
    return (...given) => {
      if (this.#isInside) return original(...given);
      const { parameters, skips, finish } = this.#begin(name, given);
      return finish(skips ? undefined : this.#inside.run(true, () => original(...parameters)));
    };
  }

  asPromise(name: string, original: AnyFunction): AnyFunction {
    return async (...given) => {
      if (this.#isInside) return original(...given);
      const { parameters, skips, finish } = this.#begin(name, given);
      const result = finish(skips ? undefined : await this.#inside.run(true, () => original(...parameters)));
      return name === "open" ? this.#watchHandle(result as promises.FileHandle) : result;
    };
  }

  withCallback(name: string, original: AnyFunction): AnyFunction {
    return (...given) => {
      const done = given.at(-1);
      if (this.#isInside || typeof done !== "function") return original(...given);
      const outside = AsyncLocalStorage.snapshot();
      const { parameters, skips, finish } = this.#begin(name, given.slice(0, -1));
      const answer = (error: unknown, ...results: Arguments): void => {
        outside(() => {
          try {
            if (error === null || error === undefined) finish(results[0]);
          } catch (fault) {
            return void done(fault);
          }
          return void done(error, ...results);
        });
      };
      if (skips) return void setImmediate(answer, null);
      return this.#inside.run(true, () => original(...parameters, answer));
    };
  }

  get #isInside(): boolean {
    return this.#inside.getStore() === true;
  }

  /** `finish` writes down what was done, and throws when the call is to fail. */
  #begin(
    name: string,
    given: Arguments,
  ): { parameters: Arguments; skips: boolean; finish: <T>(result: T) => T } {
    const call = this.#calls[name];
    // A look at the disk is not the store's.
    const planned = this.#inside.run(true, () => call?.plan(given) ?? []);
    const { fault, end } = this.#log.begin(name, planned);
    return {
      parameters: fault === undefined ? given : (call?.unsynced?.(given) ?? given),
      skips: fault?.isSync === true && call?.unsynced === undefined,
      finish: (result) => {
        end(this.#inside.run(true, () => call?.outcome?.(given, result, planned) ?? planned));
        if (fault !== undefined) throw fault.error;
        return result;
      },
    };
  }

  #watchHandle(handle: promises.FileHandle): promises.FileHandle {
    const own = handle as unknown as Functions;
    for (const [method, name] of Object.entries(methods)) {
      const original = own[method]?.bind(handle);
      if (original === undefined) continue;
      const watched = this.asPromise(name, (_descriptor, ...rest) => original(...rest));
      own[method] = (...parameters) => watched(handle.fd, ...parameters);
    }
    return handle;
  }
}
