import { memoryStore, type ThreadStore } from "@threadstore/core";
import type { ResumableStreams, StreamLease } from "../streams.ts";

export const text = (chunk: Uint8Array): string => new TextDecoder().decode(chunk);
export const bytes = (chunk: string): Uint8Array => new TextEncoder().encode(chunk);

/** Acquires a stream that must not exist. */
export async function produce(streams: ResumableStreams, id: string): Promise<StreamLease> {
  const acquisition = await streams.acquireLease(id);
  if (acquisition.role !== "producer") throw new Error("The stream exists.");
  return acquisition.lease;
}

/** Reads a stream to its end. Resolves with its text. */
export async function readAll(streams: ResumableStreams, id: string, cursor = ""): Promise<string> {
  let all = "";
  for await (const { chunk } of streams.read(id, cursor, new AbortController().signal)) all += text(chunk);
  return all;
}

/** Resolves with the code of a rejection. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "resolved",
    (error: unknown) => (error as { code?: unknown }).code ?? String(error),
  );
}

/** A store that counts the calls of its methods and can fail them. */
export function observedStore(store: ThreadStore = memoryStore()): {
  readonly store: ThreadStore;
  readonly calls: string[];
  fail: ((method: string) => unknown) | undefined;
} {
  const observed = {
    calls: [] as string[],
    fail: undefined as ((method: string) => unknown) | undefined,
    store: wrap(store),
  };
  function wrap(inner: ThreadStore): ThreadStore {
    return new Proxy(inner, {
      get(target, name: keyof ThreadStore & string) {
        if (name === "namespace") return (...names: [string]) => wrap(target.namespace(...names));
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...values: unknown[]) => {
          observed.calls.push(name);
          const error = observed.fail?.(name);
          if (error !== undefined) throw error;
          return (await Reflect.apply(method, target, values)) as unknown;
        };
      },
    });
  }
  return observed;
}
