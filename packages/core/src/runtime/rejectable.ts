interface Rejectable {
  readonly promise: Promise<never>;
  readonly reject: (reason: unknown) => void;
}

function ignore(): void {}

/** Returns a promise that only `reject` settles. `Promise.withResolvers` does not exist in all supported runtimes. */
export function rejectable(): Rejectable {
  let reject: Rejectable["reject"] = ignore;
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
