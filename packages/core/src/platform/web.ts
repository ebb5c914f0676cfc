// For browsers, workers and every other runtime without the modules of Node.js.
import type { Bytes, BytesFactory, Platform, WaitOptions } from "./platform.ts";
import { sha256Of } from "./sha256.ts";
import { hexOf, webBytes } from "./web-bytes.ts";

export { crc32 } from "./crc32.ts";

export const ByteBuffer: BytesFactory = webBytes;

export function sha256(text: string): Bytes {
  return ByteBuffer.from(sha256Of(ByteBuffer.from(text)));
}

export function sha256Text(text: string, encoding: "base64url" | "hex"): string {
  return sha256(text).toString(encoding);
}

/** Unlike the method of that name of Web Crypto, also works on pages that were loaded without TLS. */
export function randomUUID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) & 0x0f) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) & 0x3f) | 0x80], 8);
  const digits = Array.from(bytes, hexOf).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
}

export async function wait(delayMs: number, { signal }: WaitOptions = {}): Promise<void> {
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

export async function immediate(): Promise<void> {
  await wait(0);
}

/** Calls are not published: these runtimes do not have diagnostics channels. */
export const callChannel: Platform["callChannel"] = () => ({
  hasSubscribers: false,
  tracePromise: async (run) => run(),
});
