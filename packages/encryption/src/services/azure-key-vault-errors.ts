import { ThreadStoreError } from "@threadstore/core";
import { errorWithout, isError } from "@threadstore/core/driver";
import { type Meaning, meaningOfStatus, serviceFailure } from "./service-failure.ts";

const NAME = "Azure Key Vault";

const NO_KEY: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The key of Azure Key Vault does not exist, is disabled, or was deleted. Enable or recover it, or correct `keyName` or the vault of `client`.",
};
const NOT_AUTHENTIC: Meaning = {
  code: "CORRUPT",
  message:
    "Azure Key Vault did not accept the encrypted data key of the thread: it was altered, or another key encrypted it. Restore the thread from a backup.",
};

/** The errors of @azure/identity. */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);

/** The codes of a key that exists, but must not be used. */
const DISABLED = /KeyDisabled|KeyExpired|KeyNotYetValid|ObjectIsDeletedButRecoverable/u;

/** Returns the error of a store for an error of the SDK. */
export function vaultFailure(error: unknown, operation: "wrap" | "unwrap"): unknown {
  if (!isError(error) || ThreadStoreError.is(error)) return error;
  // The request has the data key in its body, and a token in its headers.
  return serviceFailure(meaningOf(error, operation), errorWithout(error, "request", "response", "details"));
}

function meaningOf(error: Error, operation: "wrap" | "unwrap"): Meaning {
  if (CREDENTIAL_ERRORS.has(error.name)) return meaningOfStatus(401, NAME);
  const { statusCode, code = "" } = error as { readonly statusCode?: number; readonly code?: string };
  if (statusCode === 404 || DISABLED.test(`${code} ${error.message}`)) return NO_KEY;
  if (statusCode === 400 && operation === "unwrap") return NOT_AUTHENTIC;
  if (statusCode === undefined && error.name !== "RestError" && error.name !== "AbortError") {
    return { code: "BACKEND_ERROR", message: `${NAME} could not be used. Read the cause.` };
  }
  return meaningOfStatus(statusCode, NAME);
}
