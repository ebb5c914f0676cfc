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
import { type ErrorResponse, isRestError, responseOf, withoutRequest } from "./rest-error.ts";

interface Meaning {
  readonly code: BackendErrorCode;
  readonly message: string;
}

const PERMISSION_DENIED: Meaning = {
  code: "ACCESS_DENIED",
  message:
    "Azure Storage refused the credentials or the permission. Assign the role Storage Blob Data Contributor on the " +
    "container to the identity (it takes effect after some minutes), or use an account key or an unexpired SAS with the permissions racwdl.",
};
const NO_TOKEN: Meaning = {
  code: "ACCESS_DENIED",
  message:
    "The credential could not obtain a token for Azure Storage. Sign in (`az login`), or correct the client id, tenant, " +
    "secret or managed identity that the cause names.",
};
const CONTAINER_NOT_FOUND: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The container does not exist. Create it (`az storage container create --account-name ACCOUNT --name CONTAINER`), " +
    "or correct its name or the account's.",
};
const ACCOUNT_DISABLED: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The storage account or container is disabled, or does not allow this kind of access. Correct its settings.",
};
const NOT_WRITABLE: Meaning = {
  code: "MISCONFIGURED",
  message:
    "An immutability policy, a legal hold or the archive tier protects the container or blob from changes. Use a container without one, or rehydrate the blob.",
};
const BUSY: Meaning = {
  code: "UNAVAILABLE",
  message: "Azure Storage is busy or too slow. Try again later.",
};
const LEASED: Meaning = {
  code: "UNAVAILABLE",
  message: "Another client holds a lease on the thread's blob. Try again after it is released, or break it.",
};
const TOO_LARGE: Meaning = {
  code: "TOO_LARGE",
  message: "The save adds more than Azure Storage accepts in one request (100 MiB). Save less at a time.",
};
const STORAGE_FULL: Meaning = {
  code: "STORAGE_FULL",
  message: "The disks of the storage service are full. Free some space, then save again.",
};
const REFUSED: Meaning = {
  code: "BACKEND_ERROR",
  message: "Azure Storage refused the request. See the cause.",
};
const CONNECTION_LOST: Meaning = {
  code: "UNAVAILABLE",
  message: "The connection to Azure Storage was lost before the response was complete. Try again.",
};

const MEANING_BY_ERROR_CODE: ReadonlyMap<string, Meaning> = new Map([
  ["AccountIsDisabled", ACCOUNT_DISABLED],
  ["ContainerDisabled", ACCOUNT_DISABLED],
  ["FeatureNotSupported", ACCOUNT_DISABLED],
  ["PublicAccessNotPermitted", ACCOUNT_DISABLED],
  ["AuthenticationFailed", PERMISSION_DENIED],
  ["ContainerNotFound", CONTAINER_NOT_FOUND],
  ["InvalidResourceName", CONTAINER_NOT_FOUND],
  ["OutOfRangeInput", CONTAINER_NOT_FOUND],
  ["ResourceNotFound", CONTAINER_NOT_FOUND],
  ["AccountBeingCreated", BUSY],
  [
    "ContainerBeingDeleted",
    {
      code: "UNAVAILABLE",
      message:
        "The container is being deleted. Create it again after the deletion, which takes at least 30 seconds.",
    },
  ],
  ["BlobArchived", NOT_WRITABLE],
  ["BlobBeingRehydrated", NOT_WRITABLE],
  ["BlobImmutableDueToPolicy", NOT_WRITABLE],
  ["BlobImmutableDueToLegalHold", NOT_WRITABLE],
  ["LeaseIdMissing", LEASED],
]);

/** By the code that `httpFailureOf` gives a status, for responses without an error code that says more. */
const MEANING_BY_FAILURE_CODE: { readonly [code in BackendErrorCode]?: Meaning } = {
  ACCESS_DENIED: PERMISSION_DENIED,
  STORAGE_FULL,
  TOO_LARGE,
  UNAVAILABLE: BUSY,
};

const MEANING_BY_NETWORK_FAILURE: { readonly [failure in NetworkFailure]: Meaning } = {
  "host-not-found": {
    code: "UNAVAILABLE",
    message:
      "Azure Storage could not be reached: the host does not exist. Check the account's name in the URL, and DNS.",
  },
  unreachable: {
    code: "UNAVAILABLE",
    message: "Azure Storage could not be reached. Check the URL, the network and the account's firewall.",
  },
  "certificate-refused": {
    code: "MISCONFIGURED",
    message:
      "The TLS certificate of the host is not trusted. Correct the URL, or name the issuer's certificate in NODE_EXTRA_CA_CERTS.",
  },
  "connection-lost": CONNECTION_LOST,
};

const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);

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
    return effect === undefined || effect === error.effect
      ? error
      : new DriverError(error.code, error.message, {
          effect,
          retryAfterMs: error.retryAfterMs,
          cause: error.cause,
        });
  }
  const recognized = recognize(error);
  if (recognized === undefined) return undefined;
  const { code, message, ...options } = recognized;
  return new DriverError(code, message, {
    ...options,
    cause: withoutRequest(error),
    ...(effect && { effect }),
  });
}

/** Returns the error of a response that was cut off. */
export function connectionLost(cause: unknown): DriverError {
  return new DriverError(CONNECTION_LOST.code, CONNECTION_LOST.message, {
    cause: withoutRequest(cause),
    effect: "unknown",
  });
}

interface Recognized extends Meaning {
  readonly effect: DriverErrorEffect;
  readonly retryAfterMs?: number | undefined;
}

function recognize(error: unknown): Recognized | undefined {
  const response = responseOf(error);
  if (response !== undefined) return recognizeResponse(response);
  if (isError(error) && CREDENTIAL_ERRORS.has(error.name)) return { ...NO_TOKEN, effect: "none" };
  if (!isRestError(error)) return undefined;
  const failure = networkFailureOf(error) ?? "connection-lost";
  return {
    ...MEANING_BY_NETWORK_FAILURE[failure],
    effect: failure === "connection-lost" ? "unknown" : "none",
  };
}

function recognizeResponse({ status, errorCode, header }: ErrorResponse): Recognized {
  const failure = httpFailureOf(status);
  const meaning =
    MEANING_BY_ERROR_CODE.get(errorCode) ??
    MEANING_BY_FAILURE_CODE[failure?.code ?? "BACKEND_ERROR"] ??
    REFUSED;
  return {
    ...meaning,
    // The front end answers ServerBusy before it passes the request on.
    effect: errorCode === "ServerBusy" ? "none" : (failure?.effect ?? "none"),
    retryAfterMs: retryAfterMs(header("retry-after")),
  };
}
