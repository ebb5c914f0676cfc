import type { BackendErrorCode, FailureExplanation } from "@threadstore/core";

/** What is wrong with the set-up where S3 has no error for it. The message names the remedy. */
export class S3SetupError extends Error {
  override readonly name = "S3SetupError";
  readonly applied: "no" | "unknown";

  constructor(
    message: string,
    { cause, applied = "no" }: { cause?: unknown; applied?: "no" | "unknown" } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.applied = applied;
  }
}

interface Meaning {
  readonly code: BackendErrorCode;
  /** @default "no" */
  readonly applied?: "no" | "unknown";
  readonly message: string;
}

const refused: Meaning = {
  code: "ACCESS_DENIED",
  message:
    "S3 refused the credentials or the permission. The store needs s3:GetObject, s3:PutObject and s3:DeleteObject on its objects and s3:ListBucket on the bucket; without the last, S3 also answers so for a thread that is not there.",
};
const wrongRegion: Meaning = {
  code: "MISCONFIGURED",
  message: "The bucket is in another region, or behind another endpoint. Correct `region` or `endpoint`.",
};
const lost: Meaning = {
  code: "UNAVAILABLE",
  applied: "unknown",
  message: "The connection to S3 was lost before the answer was there. Try again.",
};
const unreachable: Meaning = {
  code: "UNAVAILABLE",
  message: "S3 cannot be reached. Look at the network, at `endpoint` and `region`, and try again.",
};
const throttled: Meaning = {
  code: "UNAVAILABLE",
  message: "S3 asks for fewer requests. Try again later.",
};
const raced: Meaning = {
  code: "UNAVAILABLE",
  message: "Another operation on the object was under way, so S3 did not decide. Try again.",
};
const failing: Meaning = {
  code: "UNAVAILABLE",
  applied: "unknown",
  message: "S3 failed or was too slow. Try again; the cause has its answer.",
};
const full: Meaning = {
  code: "STORAGE_FULL",
  message: "The quota or the disks of the service are full. Make room and save again.",
};
const certificate: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The certificate of the endpoint is not accepted. Correct `endpoint`, set NODE_EXTRA_CA_CERTS, or, when the bucket's name has dots, use `forcePathStyle`.",
};

/** By the `code` that Node gives a failed connection. */
const connection: ReadonlyMap<string, Meaning> = new Map([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].map(
    (code) => [code, unreachable] as const,
  ),
  ...["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT"].map((code) => [code, lost] as const),
  ...[
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ].map((code) => [code, certificate] as const),
]);

/** By the code that S3 or the SDK gives an error, where that says more than the status. */
const named: ReadonlyMap<string, Meaning> = new Map([
  ...["CredentialsProviderError", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"].map(
    (name) =>
      [
        name,
        { code: "ACCESS_DENIED", message: "There are no valid credentials for S3. Give or renew them." },
      ] satisfies [string, Meaning],
  ),
  [
    "RequestTimeTooSkewed",
    {
      code: "ACCESS_DENIED",
      message: "S3 refused the request because the clock of this machine is wrong. Correct it.",
    },
  ],
  [
    "NoSuchBucket",
    { code: "MISCONFIGURED", message: "The bucket does not exist. Create it, or correct `bucket`." },
  ],
  ["InvalidBucketName", { code: "MISCONFIGURED", message: "This is no name of a bucket. Correct `bucket`." }],
  [
    "InvalidObjectState",
    {
      code: "MISCONFIGURED",
      message:
        "The thread's object was moved to an archive, where S3 cannot read it at once. Restore it, and exempt the prefix from the lifecycle rule.",
    },
  ],
  ...["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"].map(
    (name) => [name, wrongRegion] as const,
  ),
  ...["ConditionalRequestConflict", "OperationAborted"].map((name) => [name, raced] as const),
  ...["QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"].map(
    (name) => [name, full] as const,
  ),
  ["EntityTooLarge", { code: "TOO_LARGE", message: "S3 does not take an object this large." }],
  ["SlowDown", throttled],
  ["RequestTimeout", failing],
  // The timeouts of the SDK, and the end of a self-check's time.
  ["TimeoutError", lost],
  ["AbortError", lost],
]);

const byStatus: ReadonlyMap<number, Meaning> = new Map([
  [301, wrongRegion],
  [307, wrongRegion],
  [401, refused],
  [403, refused],
  [408, failing],
  [409, raced],
  [413, { code: "TOO_LARGE", message: "The service does not take an object this large." }],
  [429, throttled],
  [507, full],
]);

/** What `error` means. `harmless`: nothing that the call was to change had been sent. */
export function explain(error: unknown, harmless: boolean): FailureExplanation | undefined {
  if (!(error instanceof Error)) return undefined;
  const meaning = meaningOf(error);
  if (meaning === undefined) return undefined;
  const { code, message, applied = "no" } = meaning;
  return { code, message, applied: harmless ? "no" : applied, retryAfterMs: retryAfterMs(error) };
}

function meaningOf(error: Error): Meaning | undefined {
  if (error instanceof S3SetupError) {
    return { code: "MISCONFIGURED", message: error.message, applied: error.applied };
  }
  // The SDK has set its clock by the answer: the same request, signed again, is accepted.
  if (error.name === "RequestTimeTooSkewed" && metadataOf(error).clockSkewCorrected === true)
    return throttled;
  const code = "code" in error && typeof error.code === "string" ? connection.get(error.code) : undefined;
  const status = statusOf(error) ?? 0;
  return code ?? named.get(error.name) ?? byStatus.get(status) ?? (status >= 500 ? failing : undefined);
}

/** The status of the answer that `error` is; `undefined`: there was none. */
export function statusOf(error: unknown): number | undefined {
  const { httpStatusCode } = metadataOf(error);
  return typeof httpStatusCode === "number" ? httpStatusCode : undefined;
}

function metadataOf(error: unknown): { httpStatusCode?: unknown; clockSkewCorrected?: unknown } {
  const found = error instanceof Error && "$metadata" in error ? error.$metadata : undefined;
  return typeof found === "object" && found !== null ? found : {};
}

/** What `Retry-After` asks for: seconds, or a date. */
function retryAfterMs(error: Error): number | undefined {
  const { headers } =
    (("$response" in error ? error.$response : undefined) as {
      headers?: Record<string, string>;
    }) ?? {};
  const value = headers?.["retry-after"];
  if (value === undefined) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return wait > 0 ? wait : undefined;
}
