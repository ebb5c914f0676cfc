import type { Bytes, Platform } from "./platform.ts";

/** The modules of Node.js that its platform needs. */
export interface NodeModules {
  readonly buffer: typeof import("node:buffer");
  readonly crypto: typeof import("node:crypto");
  readonly diagnostics: typeof import("node:diagnostics_channel");
  readonly timers: typeof import("node:timers/promises");
  readonly zlib: typeof import("node:zlib");
}

/** Returns the platform of Node.js, Bun and Deno. */
export function nodePlatform({ buffer, crypto, diagnostics, timers, zlib }: NodeModules): Platform {
  return {
    ByteBuffer: buffer.Buffer,
    crc32: zlib.crc32,
    sha256: (text): Bytes => crypto.hash("sha256", text, "buffer"),
    sha256Text: (text, encoding) => crypto.hash("sha256", text, encoding),
    randomUUID: () => crypto.randomUUID(),
    wait: (delayMs, options) => timers.setTimeout(delayMs, undefined, options),
    immediate: () => timers.setImmediate(),
    callChannel: (name) => diagnostics.tracingChannel(name),
  };
}
