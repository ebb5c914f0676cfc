// Namespace objects instead of named imports: a named import that an old version of Node.js does not have fails before
// the check can say which version is needed.
import crypto from "node:crypto";
import diagnostics from "node:diagnostics_channel";
import timers from "node:timers/promises";
import zlib from "node:zlib";
import { checkNodeVersion } from "./node-version.ts";
import type { Bytes, BytesFactory, Platform, WaitOptions } from "./platform.ts";

checkNodeVersion(process.versions);

export const ByteBuffer: BytesFactory = Buffer;

export const crc32: Platform["crc32"] = zlib.crc32;

export function sha256(text: string): Bytes {
  return crypto.hash("sha256", text, "buffer");
}

export function sha256Text(text: string, encoding: "base64url" | "hex"): string {
  return crypto.hash("sha256", text, encoding);
}

export function randomUUID(): string {
  return crypto.randomUUID();
}

export function wait(delayMs: number, options?: WaitOptions): Promise<void> {
  return timers.setTimeout(delayMs, undefined, options);
}

export function immediate(): Promise<void> {
  return timers.setImmediate();
}

export const callChannel: Platform["callChannel"] = (name) => diagnostics.tracingChannel(name);
