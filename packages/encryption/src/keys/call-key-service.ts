import { ThreadStoreError } from "@threadstore/core";

/**
 * Calls a key service. Rejects with `UNAVAILABLE` after `timeoutMs`, even if the service ignores the signal, and with
 * `BACKEND_ERROR` if it rejects with anything but a `ThreadStoreError`.
 */
export async function callKeyService<Result>(
  timeoutMs: number,
  call: (options: { readonly signal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new ThreadStoreError(
          "UNAVAILABLE",
          `The key service did not answer within ${timeoutMs} ms. Try again, or raise \`timeoutMs\` of \`envelopeKeys\`.`,
        ),
      );
      controller.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([call({ signal: controller.signal }), timeout]);
  } catch (error) {
    if (ThreadStoreError.is(error)) throw error;
    throw new ThreadStoreError("BACKEND_ERROR", "The key service failed. Read the cause.", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
