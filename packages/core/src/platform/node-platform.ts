import type { Bytes, Platform } from "./platform.ts";

/** The modules of Node.js that its platform needs. */
export interface NodeModules {
  readonly buffer: typeof import("node:buffer");
  readonly diagnostics: typeof import("node:diagnostics_channel");
  readonly timers: typeof import("node:timers/promises");
  /** Returns the module, which the first call loads: it takes longer than all others together. */
  readonly crypto: () => typeof import("node:crypto");
  /** Returns the module, which the first call loads. */
  readonly zlib: () => typeof import("node:zlib");
}

/** Returns the platform of Node.js, Bun and Deno. */
export function nodePlatform({ buffer, crypto, diagnostics, timers, zlib }: NodeModules): Platform {
  return {
    ByteBuffer: buffer.Buffer,
    crc32: (data, value) => zlib().crc32(data, value),
    sha256: (text): Bytes => crypto().hash("sha256", text, "buffer"),
    sha256Text: (text, encoding) => crypto().hash("sha256", text, encoding),
    randomUUID: () => crypto().randomUUID(),
    fillRandom: (bytes) => void crypto().randomFillSync(bytes),
    wait: (delayMs, options) => timers.setTimeout(delayMs, undefined, options),
    immediate: () => timers.setImmediate(),
    callChannel: (name) => diagnostics.tracingChannel(name),
  };
}
