import { errorWithout, isError } from "@threadstore/core/driver";
import { type Meaning, meaningOfStatus, serviceFailure } from "./service-failure.ts";

const NAME = "AWS KMS";

const DENIED = meaningOfStatus(403, NAME);
const UNAVAILABLE = meaningOfStatus(503, NAME);
const NO_KEY: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The key of AWS KMS does not exist in this region, is disabled, or is being deleted. Enable it, cancel its deletion, or correct `keyId` or the region of the client.",
};
const WRONG_KEY: Meaning = {
  code: "MISCONFIGURED",
  message: "The key of AWS KMS cannot encrypt and decrypt. Use a symmetric key with this usage.",
};
const NOT_AUTHENTIC: Meaning = {
  code: "CORRUPT",
  message:
    "AWS KMS did not accept the encrypted data key of the thread: it was altered, or another key encrypted it. Restore the thread from a backup.",
};

/** By the name that KMS or the SDK gives the error. */
const MEANING_BY_NAME: ReadonlyMap<string, Meaning> = new Map([
  ["AccessDeniedException", DENIED],
  ["CredentialsProviderError", DENIED],
  ["ExpiredTokenException", DENIED],
  ["IncompleteSignature", DENIED],
  ["InvalidSignatureException", DENIED],
  ["MissingAuthenticationTokenException", DENIED],
  ["UnrecognizedClientException", DENIED],
  ["DisabledException", NO_KEY],
  ["InvalidArnException", NO_KEY],
  ["KMSInvalidStateException", NO_KEY],
  ["NotFoundException", NO_KEY],
  ["InvalidKeyUsageException", WRONG_KEY],
  ["IncorrectKeyException", NOT_AUTHENTIC],
  ["InvalidCiphertextException", NOT_AUTHENTIC],
  ["DependencyTimeoutException", UNAVAILABLE],
  ["KeyUnavailableException", UNAVAILABLE],
  ["KMSInternalException", UNAVAILABLE],
  ["LimitExceededException", UNAVAILABLE],
  ["ThrottlingException", UNAVAILABLE],
]);

/** Returns the error of a store for an error of the SDK. */
export function kmsFailure(error: unknown): unknown {
  if (!isError(error)) return error;
  const meaning = MEANING_BY_NAME.get(error.name) ?? meaningOfStatus(statusOf(error), NAME);
  // The response leads to the request, whose body contains the data key.
  return serviceFailure(meaning, errorWithout(error, "$response"));
}

function statusOf(error: Error): number | undefined {
  const { httpStatusCode } = ("$metadata" in error ? error.$metadata : {}) as { httpStatusCode?: number };
  return httpStatusCode;
}
