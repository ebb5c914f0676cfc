// Namespace objects instead of named imports: a named import that an old version of Node.js does not have fails before
// the check can say which version is needed.
import buffer from "node:buffer";
import crypto from "node:crypto";
import diagnostics from "node:diagnostics_channel";
import timers from "node:timers/promises";
import zlib from "node:zlib";
import { nodePlatform } from "./node-platform.ts";
import { checkNodeVersion } from "./node-version.ts";
import type { Platform } from "./platform.ts";

checkNodeVersion(process.versions);

const platform = nodePlatform({ buffer, crypto, diagnostics, timers, zlib });

export const ByteBuffer: Platform["ByteBuffer"] = platform.ByteBuffer;
export const crc32: Platform["crc32"] = platform.crc32;
export const sha256: Platform["sha256"] = platform.sha256;
export const sha256Text: Platform["sha256Text"] = platform.sha256Text;
export const randomUUID: Platform["randomUUID"] = platform.randomUUID;
export const wait: Platform["wait"] = platform.wait;
export const immediate: Platform["immediate"] = platform.immediate;
export const callChannel: Platform["callChannel"] = platform.callChannel;
