import type { ThreadKey } from "@threadstore/core/driver";
import { type Layout, pathIn } from "./layout.ts";
import { nodeCrypto } from "./system/node-crypto.ts";

// Matches the first letter of a name that Windows reserves for a device, with or without an extension.
const DEVICE_NAME = /^(?=(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$))./;
// Most names: they need no escapes and are not reserved, because those of devices are shorter or have a dot.
const SIMPLE_NAME = /^[0-9a-z_-]{5,200}$/;
const OUTER_DOT = /^\.|\.$/g;

// Below the 255 bytes that file systems allow for a name.
const PLAIN_NAME_MAX_LENGTH = 200;
const HASHED_NAME = /~[0-9a-f]{64}$/;

/** Returns the folder that holds the folders of a namespace's threads. */
export function namespaceFolder(layout: Layout, namespace: string): string {
  return namespace === "" ? layout.threads : pathIn(layout.namespaces, encodeName(namespace));
}

/** Returns the folder of a thread. It holds one folder, named after the version; none once the thread is deleted. */
export function threadFolder(layout: Layout, key: ThreadKey): string {
  return pathIn(namespaceFolder(layout, key.namespace), encodeName(key.id));
}

/**
 * Encodes an id or namespace as the name of a folder. Distinct texts get distinct names on every file system,
 * including those that ignore case, normalize Unicode or drop trailing dots: lower-case ASCII letters, digits, `-`,
 * `_` and inner dots are kept, and all other bytes become `%xx`. If the name would be too long, it ends in a hash
 * after a `~`, which no other name contains.
 */
export function encodeName(text: string): string {
  if (SIMPLE_NAME.test(text)) return text;
  const plain = text
    .replace(/[^0-9a-z._-]/gu, escapeBytes)
    .replace(OUTER_DOT, escapeBytes)
    .replace(DEVICE_NAME, escapeBytes);
  if (plain.length <= PLAIN_NAME_MAX_LENGTH) return plain;
  return `${plain.slice(0, 120)}~${nodeCrypto().hash("sha256", text, "hex")}`;
}

/** Returns the text of a name; `undefined` if {@link encodeName} did not produce the name, or if it is hashed. */
export function decodeName(name: string): string | undefined {
  const bytes = name.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const text = Buffer.from(bytes, "latin1").toString();
  return encodeName(text) === name ? text : undefined;
}

/** Returns whether the name ends in a hash, so that the text must be stored in a file. */
export function isHashedName(name: string): boolean {
  return HASHED_NAME.test(name);
}

function escapeBytes(character: string): string {
  return Buffer.from(character).toString("hex").replace(/../g, "%$&");
}
