/** A promise and the functions that settle it. Compilers with a `lib` before es2024 do not have this type. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
}

/**
 * Returns a promise with the functions that settle it. Published code uses it instead of `Promise.withResolvers`, which
 * does not exist in Node.js 20 and in older browsers and edge runtimes.
 */
export function deferred<T>(): Deferred<T> {
  let resolvers: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    resolvers = { resolve, reject };
  });
  // The constructor has already called its argument.
  if (resolvers === undefined) throw new TypeError("Promise does not conform to the language.");
  return { promise, ...resolvers };
}
