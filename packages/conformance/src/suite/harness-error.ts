/** A failure of the harness itself, as opposed to one of the store. */
export class HarnessError extends Error {
  override readonly name = "HarnessError";
}

/** Makes a call of the harness. If it fails, the error says so. */
export async function callHarness<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new HarnessError(`\`${method}\` of the harness failed, not the store`, { cause });
  }
}
