// For programs that do not import the modules of Node.js: in browsers and workers, and in bundles without the import
// condition `node`.
import { builtInModules } from "./built-in-modules.ts";
import { nodePlatform } from "./node-platform.ts";
import type { Platform } from "./platform.ts";
import { webPlatform } from "./web-platform.ts";

const modules = builtInModules();
const platform = modules === undefined ? webPlatform : nodePlatform(modules);

export const ByteBuffer: Platform["ByteBuffer"] = platform.ByteBuffer;
export const crc32: Platform["crc32"] = platform.crc32;
export const sha256: Platform["sha256"] = platform.sha256;
export const sha256Text: Platform["sha256Text"] = platform.sha256Text;
export const randomUUID: Platform["randomUUID"] = platform.randomUUID;
export const fillRandom: Platform["fillRandom"] = platform.fillRandom;
export const wait: Platform["wait"] = platform.wait;
export const immediate: Platform["immediate"] = platform.immediate;
export const callChannel: Platform["callChannel"] = platform.callChannel;
