import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { parseStoreUrl } from "./store-url.ts";

const LOCAL_SCHEMES: readonly string[] = ["sqlite", "file"];
/** A user is waiting for the answer, but a database that starts on demand may take some seconds. */
const TIMEOUT_MS = 10_000;
/** Not a thread. */
const ID = "threadstore-connection-check";

/**
 * Rejects with `UNAVAILABLE` if the server of a URL does not answer for ten seconds, or for `timeoutMs` of the URL. Any
 * answer is enough, also a rejection, because the command itself finds out whether it has the permissions that it
 * needs.
 */
export async function checkConnection(url: string, store: ThreadStore, signal: AbortSignal): Promise<void> {
  if (/^config(?::|$)/u.test(url)) return;
  const { scheme, options } = parseStoreUrl(url);
  if (LOCAL_SCHEMES.includes(scheme)) return;
  const timeoutMs = Number(options.get("timeoutMs") ?? TIMEOUT_MS);
  try {
    await store.load(ID, { timeoutMs, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    if (!ThreadStoreError.is(error, "UNAVAILABLE")) return;
    const { store: name, cause } = error;
    // A server that was reached and is silent may expect another protocol. A client that failed says why.
    const hint =
      cause === undefined ? " Check the host and port of the URL, and whether the server uses TLS." : "";
    // Without the id, which the user has not passed.
    throw new ThreadStoreError("UNAVAILABLE", `${error.message}${hint}`, { store: name, cause });
  }
}
