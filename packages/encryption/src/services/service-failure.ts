import { ThreadStoreError } from "@threadstore/core";
import type { BackendErrorCode } from "@threadstore/core/driver";

/** What a failure of a key service means to a caller of a store. */
export interface Meaning {
  readonly code: Exclude<BackendErrorCode, "INVALID_ARGUMENT" | "STORAGE_FULL" | "TOO_LARGE">;
  readonly message: string;
}

export function serviceFailure({ code, message }: Meaning, cause: unknown): ThreadStoreError {
  return new ThreadStoreError(code, message, { cause });
}

/** Returns the meaning of an HTTP status of a key service. */
export function meaningOfStatus(status: number | undefined, name: string): Meaning {
  if (status === 401 || status === 403) {
    return {
      code: "ACCESS_DENIED",
      message: `${name} refused the credentials or the permission. Grant the process the permissions to encrypt and decrypt with the key, and check its credentials.`,
    };
  }
  if (status === undefined || status === 408 || status === 429 || status >= 500) {
    return { code: "UNAVAILABLE", message: `${name} could not be reached, or is busy. Try again later.` };
  }
  return { code: "BACKEND_ERROR", message: `${name} refused the request. Read the cause.` };
}
