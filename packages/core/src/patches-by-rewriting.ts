import type { AsyncThreadDriver } from "./async-driver.ts";
import { DriverError } from "./driver-error.ts";
import type { RecordPatch, ThreadDriver } from "./thread-driver.ts";

/**
 * Returns the methods `readTail` and `patch` for a backend that can only read and write whole records. An append then
 * reads and writes the record once.
 */
export function patchesByRewriting({
  read,
  write,
}: Pick<ThreadDriver, "read" | "write">): Pick<AsyncThreadDriver, "readTail" | "patch"> {
  return {
    async readTail(key, options) {
      const stored = await read(key, undefined, options);
      if (stored === undefined) return undefined;
      const { version, nonce, bytes = new Uint8Array() } = stored;
      return { version, nonce, tail: bytes, record: bytes };
    },

    async patch(key, patch, expected, options) {
      let record = patch.replaced;
      if (record === undefined) {
        const stored = await read(key, undefined, options);
        if (stored?.version !== expected) return undefined;
        record = stored.bytes ?? new Uint8Array();
      }
      const { keep, bytes: _bytes, replaced: _replaced, ...details } = patch;
      const bytes = patchedRecord(record, patch);
      return write(key, { ...details, bytes, unchanged: keep }, expected, options);
    },
  };
}

/**
 * Returns the record that a patch of `record` results in. Throws `CORRUPT` if `record` is shorter than the part that
 * the patch keeps.
 */
export function patchedRecord(
  record: Uint8Array,
  { keep, bytes }: Pick<RecordPatch, "keep" | "bytes">,
): Uint8Array {
  if (record.length < keep) {
    throw new DriverError(
      "CORRUPT",
      "The stored record is shorter than when it was written, and was left as it is. Restore it, delete the thread, or save with `overwrite: true`.",
    );
  }
  const patched = new Uint8Array(keep + bytes.length);
  patched.set(record.subarray(0, keep));
  patched.set(bytes, keep);
  return patched;
}
