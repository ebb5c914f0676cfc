import {
  type BackendErrorCode,
  DriverError,
  type DriverErrorEffect,
  httpFailureOf,
  isError,
  type NetworkFailure,
  networkFailureOf,
  retryAfterMs,
} from "@threadstore/core/driver";
import { isClockCorrected, responseHeaderOf, statusOf, withoutRequest } from "./service-error.ts";

interface Meaning {
  readonly code: BackendErrorCode;
  readonly message: string;
  /** @default "none" */
  readonly effect?: DriverErrorEffect;
}

const PERMISSION_DENIED: Meaning = {
  code: "ACCESS_DENIED",
  message:
    "S3 refused the credentials or the permission. Grant s3:GetObject, s3:PutObject and s3:DeleteObject on the store's objects and s3:ListBucket on the bucket. Without s3:ListBucket, S3 also refuses to read a thread that does not exist.",
};
const NO_CREDENTIALS: Meaning = {
  code: "ACCESS_DENIED",
  message: "Valid credentials for S3 are missing. Provide or renew them.",
};
const WRONG_CLOCK: Meaning = {
  code: "ACCESS_DENIED",
  message: "S3 refused the request because the clock of this machine is wrong. Correct it.",
};
const WRONG_REGION: Meaning = {
  code: "MISCONFIGURED",
  message: "The bucket belongs to another region or endpoint. Correct `region` or `endpoint`.",
};
const BUCKET_NOT_FOUND: Meaning = {
  code: "MISCONFIGURED",
  message: "The bucket does not exist. Create it, or correct `bucket`.",
};
const INVALID_BUCKET_NAME: Meaning = {
  code: "MISCONFIGURED",
  message: "Invalid bucket name. Correct `bucket`.",
};
const ARCHIVED: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The thread's object is archived and cannot be read immediately. Restore it, and exempt the prefix from the lifecycle rule.",
};
const CONNECTION_LOST: Meaning = {
  code: "UNAVAILABLE",
  effect: "unknown",
  message: "The connection to S3 was lost before the response arrived. Try again.",
};
const UNREACHABLE: Meaning = {
  code: "UNAVAILABLE",
  message: "S3 could not be reached. Check the network, `endpoint` and `region`, then try again.",
};
const CERTIFICATE_REFUSED: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The TLS certificate of the endpoint is not trusted. Correct `endpoint`, set NODE_EXTRA_CA_CERTS, or use `forcePathStyle` if the bucket's name has dots.",
};
const THROTTLED: Meaning = {
  code: "UNAVAILABLE",
  message: "S3 limits the request rate. Try again later.",
};
const CONFLICTING_OPERATION: Meaning = {
  code: "UNAVAILABLE",
  message: "Another operation on the object was in progress, so S3 did not apply this one. Try again.",
};
const SERVICE_FAILED: Meaning = {
  code: "UNAVAILABLE",
  effect: "unknown",
  message: "S3 failed or was too slow. Try again. The cause has the response.",
};
const STORAGE_FULL: Meaning = {
  code: "STORAGE_FULL",
  message: "The quota or the disks of the service are full. Free some space, then save again.",
};
const TOO_LARGE: Meaning = {
  code: "TOO_LARGE",
  message: "The service does not accept an object this large. Shorten the thread.",
};

/** By the code that S3 or the SDK gives the error. */
const MEANING_BY_NAME: ReadonlyMap<string, Meaning> = new Map([
  ["CredentialsProviderError", NO_CREDENTIALS],
  ["ExpiredToken", NO_CREDENTIALS],
  ["InvalidToken", NO_CREDENTIALS],
  ["TokenRefreshRequired", NO_CREDENTIALS],
  ["RequestTimeTooSkewed", WRONG_CLOCK],
  ["NoSuchBucket", BUCKET_NOT_FOUND],
  ["InvalidBucketName", INVALID_BUCKET_NAME],
  ["InvalidObjectState", ARCHIVED],
  ["AuthorizationHeaderMalformed", WRONG_REGION],
  ["IllegalLocationConstraintException", WRONG_REGION],
  ["PermanentRedirect", WRONG_REGION],
  ["ConditionalRequestConflict", CONFLICTING_OPERATION],
  ["OperationAborted", CONFLICTING_OPERATION],
  ["QuotaExceeded", STORAGE_FULL],
  ["XMinioStorageFull", STORAGE_FULL],
  ["XMinioAdminBucketQuotaExceeded", STORAGE_FULL],
  ["EntityTooLarge", TOO_LARGE],
  ["SlowDown", THROTTLED],
  ["RequestTimeout", SERVICE_FAILED],
  // Timeouts of the SDK, and of the self-check.
  ["TimeoutError", CONNECTION_LOST],
  ["AbortError", CONNECTION_LOST],
]);

/** By the status of the response, where it means something particular to S3. */
const MEANING_BY_STATUS: ReadonlyMap<number, Meaning> = new Map([
  [301, WRONG_REGION],
  [307, WRONG_REGION],
  [409, CONFLICTING_OPERATION],
  [429, THROTTLED],
]);

/** By the code that `httpFailureOf` gives any other status. */
const MEANING_BY_FAILURE_CODE: { readonly [code in BackendErrorCode]?: Meaning } = {
  ACCESS_DENIED: PERMISSION_DENIED,
  STORAGE_FULL,
  TOO_LARGE,
  UNAVAILABLE: SERVICE_FAILED,
};

const MEANING_BY_NETWORK_FAILURE: { readonly [failure in NetworkFailure]: Meaning } = {
  "host-not-found": UNREACHABLE,
  unreachable: UNREACHABLE,
  "certificate-refused": CERTIFICATE_REFUSED,
  "connection-lost": CONNECTION_LOST,
};

/** Runs a driver operation, and rejects with a `DriverError` if the service, the network or the credentials fail. */
export async function withDriverErrors<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw driverErrorOf(error) ?? withoutRequest(error);
  }
}

/** Like {@link withDriverErrors}, for a part of a write or delete whose failures all have the same effect. */
export async function withEffect<Result>(
  effect: DriverErrorEffect,
  step: () => Promise<Result>,
): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw driverErrorOf(error, effect) ?? withoutRequest(error);
  }
}

/**
 * Returns the `DriverError` for an error of the service, the network or the credentials; `undefined` for any other. An
 * `effect` takes precedence over the one that the error implies.
 */
export function driverErrorOf(error: unknown, effect?: DriverErrorEffect): DriverError | undefined {
  if (DriverError.is(error)) {
    if (effect === undefined || effect === error.effect) return error;
    const cause = "cause" in error ? { cause: error.cause } : {};
    return new DriverError(error.code, error.message, {
      effect,
      retryAfterMs: error.retryAfterMs,
      ...cause,
    });
  }
  const meaning = isError(error) ? meaningOf(error) : undefined;
  if (meaning === undefined) return undefined;
  const delayMs = retryAfterMs(responseHeaderOf(error, "retry-after"));
  return new DriverError(meaning.code, meaning.message, {
    effect: effect ?? meaning.effect,
    retryAfterMs: delayMs,
    cause: withoutRequest(error),
  });
}

function meaningOf(error: Error): Meaning | undefined {
  // The SDK has adjusted its clock to the response. It signs a retry with the right time.
  if (error.name === "RequestTimeTooSkewed" && isClockCorrected(error)) return THROTTLED;
  const networkFailure = networkFailureOf(error);
  if (networkFailure !== undefined) return MEANING_BY_NETWORK_FAILURE[networkFailure];
  const status = statusOf(error) ?? 0;
  return (
    MEANING_BY_NAME.get(error.name) ??
    MEANING_BY_STATUS.get(status) ??
    MEANING_BY_FAILURE_CODE[httpFailureOf(status)?.code ?? "BACKEND_ERROR"]
  );
}
