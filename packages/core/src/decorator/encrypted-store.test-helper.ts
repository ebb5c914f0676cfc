import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SerializedThread, ThreadStore } from "../thread-store.ts";
import { changeBySaving } from "./change-by-saving.ts";
import { forwardOperations } from "./forward-operations.ts";
import { wrapThreadStore } from "./wrap-thread-store.ts";

/** Encrypts the content of threads. Metadata stays readable, and listings report the size of the ciphertext. */
export function encryptedStore(store: ThreadStore, key: Buffer): ThreadStore {
  return wrapThreadStore(store, {
    name: "encrypted",
    operations(namespace) {
      const operations: ReturnType<typeof forwardOperations> = {
        ...forwardOperations(namespace),
        async save({ id, thread, options }, call) {
          const { json, size } = thread.read();
          const encrypted = encrypt(json, key);
          const stored = await namespace.inner.save(id, encrypted, { ...options, ...call.options() });
          return { stored, content: { size, json: () => json } };
        },
        async load({ id, options }, call) {
          const stored = await namespace.inner.load(id, { ...options, ...call.options() });
          if (stored === undefined) return undefined;
          const json = decrypt(stored.thread, key);
          return { stored, content: { size: Buffer.byteLength(json), json: () => json } };
        },
      };
      // Appended elements are encrypted with the thread, too.
      return { ...operations, ...changeBySaving(operations) };
    },
  });
}

function encrypt(json: string, key: Buffer): object {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const ciphertext = Buffer.concat([cipher.update(json, "utf8"), cipher.final()]);
  const [ivText, tag, data] = [iv, cipher.getAuthTag(), ciphertext].map((bytes) => bytes.toString("base64"));
  return { iv: ivText, tag, data };
}

function decrypt(encrypted: SerializedThread, key: Buffer): string {
  const bytesOf = (name: string): Buffer => Buffer.from(encrypted[name] as string, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytesOf("iv")).setAuthTag(bytesOf("tag"));
  return Buffer.concat([decipher.update(bytesOf("data")), decipher.final()]).toString();
}
