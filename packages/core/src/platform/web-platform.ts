import { crc32 } from "./crc32.ts";
import type { Bytes, Platform, WaitOptions } from "./platform.ts";
import { sha256Of } from "./sha256.ts";
import { hexOf, webBytes } from "./web-bytes.ts";

function sha256(text: string): Bytes {
  return webBytes.from(sha256Of(webBytes.from(text)));
}

/** Unlike the method of that name of Web Crypto, also works on pages that were loaded without TLS. */
function randomUUID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) & 0x0f) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) & 0x3f) | 0x80], 8);
  const digits = Array.from(bytes, hexOf).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
}

async function wait(delayMs: number, { signal }: WaitOptions = {}): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The platform of browsers, workers and every other runtime without the modules of Node.js. */
export const webPlatform: Platform = {
  ByteBuffer: webBytes,
  crc32,
  sha256,
  sha256Text: (text, encoding) => sha256(text).toString(encoding),
  randomUUID,
  fillRandom: (bytes) => void crypto.getRandomValues(bytes),
  wait,
  immediate: () => wait(0),
  /** Calls are not published: these runtimes do not have diagnostics channels. */
  callChannel: () => ({ hasSubscribers: false, tracePromise: async (run) => run() }),
};
