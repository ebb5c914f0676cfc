import { nodePlatform } from "./node-platform.ts";
import { checkNodeVersion } from "./node-version.ts";
import type { Platform } from "./platform.ts";

checkNodeVersion(process.versions);

let crypto: typeof import("node:crypto") | undefined;
let zlib: typeof import("node:zlib") | undefined;

// Not imported, because an import of a module of Node.js loads all that it exports, such as streams. The last two, which
// alone would take as long as the rest of core, are loaded when the first call needs them.
const platform = nodePlatform({
  buffer: process.getBuiltinModule("node:buffer"),
  diagnostics: process.getBuiltinModule("node:diagnostics_channel"),
  timers: process.getBuiltinModule("node:timers/promises"),
  crypto: () => (crypto ??= process.getBuiltinModule("node:crypto")),
  zlib: () => (zlib ??= process.getBuiltinModule("node:zlib")),
});

export const ByteBuffer: Platform["ByteBuffer"] = platform.ByteBuffer;
export const crc32: Platform["crc32"] = platform.crc32;
export const sha256: Platform["sha256"] = platform.sha256;
export const sha256Text: Platform["sha256Text"] = platform.sha256Text;
export const randomUUID: Platform["randomUUID"] = platform.randomUUID;
export const fillRandom: Platform["fillRandom"] = platform.fillRandom;
export const wait: Platform["wait"] = platform.wait;
export const immediate: Platform["immediate"] = platform.immediate;
export const callChannel: Platform["callChannel"] = platform.callChannel;
