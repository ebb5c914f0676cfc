import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverOptions, FailureExplanation, RecordToWrite, ThreadDriver } from "@threadstore/core";

/** Options of a call that nobody aborts. */
export const options: DriverOptions = { signal: new AbortController().signal };

export function nonce(): string {
  return randomBytes(16).toString("base64url");
}

/** A record as core makes it: a payload, and behind it a trailer. */
export function record(payload: Uint8Array | string, trailer: string = "}", unchanged = 0): RecordToWrite {
  const end = Buffer.from(trailer);
  const bytes = Buffer.concat([Buffer.from(payload), end]);
  return { bytes, unchanged, trailerLength: end.length, nonce: nonce(), expiresAt: undefined };
}

export async function textAt(driver: ThreadDriver, id: string, namespace = ""): Promise<string | undefined> {
  const found = await driver.read({ namespace, id }, undefined, options);
  return found?.bytes === undefined ? undefined : Buffer.from(found.bytes).toString();
}

/** What the driver says of the failure of a call that must fail. */
export async function failureOf(driver: ThreadDriver, call: Promise<unknown>): Promise<FailureExplanation> {
  const error = await call.then(
    () => {
      throw new Error("The call succeeded.");
    },
    (reason: unknown) => reason,
  );
  const explanation = driver.explain?.(error);
  if (explanation === undefined) throw error;
  return explanation;
}

/** A folder that `using` removes. */
export function temporaryFolder(): { readonly path: string; file(name?: string): string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "threadstore-sqlite-"));
  return {
    path,
    file: (name = "threads.db") => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
