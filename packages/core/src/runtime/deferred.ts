/**
 * Returns a promise with the functions that settle it. Published code uses it instead of `Promise.withResolvers`, which
 * does not exist in Node.js 20 and in older browsers and edge runtimes.
 */
export function deferred<T>(): PromiseWithResolvers<T> {
  let resolvers: Omit<PromiseWithResolvers<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    resolvers = { resolve, reject };
  });
  // The constructor has already called its argument.
  if (resolvers === undefined) throw new TypeError("Promise does not conform to the language.");
  return { promise, ...resolvers };
}
