import type { FailureExplanation } from "@threadstore/core";
import { type Answer, answerOf, circumstanceOf, isSdkError } from "./failures.ts";

type Meaning = Pick<FailureExplanation, "code" | "message">;
type Effect = FailureExplanation["applied"];

const notPermitted: Meaning = {
  code: "ACCESS_DENIED",
  message:
    "Azure refused the credentials or the permission. Give the identity the role Storage Blob Data Contributor on the " +
    "container (it takes some minutes to take effect), or use an account key or a SAS with the permissions racwdl that has not expired.",
};
const noToken: Meaning = {
  code: "ACCESS_DENIED",
  message:
    "No token for Azure Storage could be had from the credential. Sign in (`az login`), or correct the client id, " +
    "tenant, secret or managed identity that it uses; the cause says which.",
};
const noContainer: Meaning = {
  code: "MISCONFIGURED",
  message:
    "There is no such container. Create it (`az storage container create --account-name ACCOUNT --name CONTAINER`), " +
    "or correct its name or the account's.",
};
const accountDisabled: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The storage account or container is disabled, or does not allow this kind of access. Correct its settings.",
};
const notWritable: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The container or blob may not be changed: an immutability policy or legal hold is on it, or the blob is archived. Use a container without, or rehydrate the blob.",
};
const busy: Meaning = { code: "UNAVAILABLE", message: "Azure Storage is busy or too slow. Try again later." };
const leased: Meaning = {
  code: "UNAVAILABLE",
  message: "Somebody holds a lease on the thread's blob. Try again when it is released, or break it.",
};
const tooLarge: Meaning = {
  code: "TOO_LARGE",
  message: "What the save adds is more than Azure takes in one request (100 MiB). Save less at once.",
};
const full: Meaning = {
  code: "STORAGE_FULL",
  message: "The disks behind the storage are full. Make room and save again.",
};
const refused: Meaning = {
  code: "BACKEND_ERROR",
  message: "Azure Storage refused the request. See the cause.",
};

const byCode: { readonly [code: string]: Meaning | undefined } = {
  AccountIsDisabled: accountDisabled,
  ContainerDisabled: accountDisabled,
  FeatureNotSupported: accountDisabled,
  PublicAccessNotPermitted: accountDisabled,
  AuthenticationFailed: notPermitted,
  ContainerNotFound: noContainer,
  InvalidResourceName: noContainer,
  OutOfRangeInput: noContainer,
  ResourceNotFound: noContainer,
  AccountBeingCreated: busy,
  ContainerBeingDeleted: {
    code: "UNAVAILABLE",
    message:
      "The container is being deleted. Create it anew when that is done, which takes at least 30 seconds.",
  },
  BlobArchived: notWritable,
  BlobBeingRehydrated: notWritable,
  BlobImmutableDueToPolicy: notWritable,
  BlobImmutableDueToLegalHold: notWritable,
  LeaseIdMissing: leased,
  OperationTimedOut: busy,
  RequestBodyTooLarge: tooLarge,
  ServerBusy: busy,
};

const byStatus: { readonly [status: number]: Meaning | undefined } = {
  401: notPermitted,
  403: notPermitted,
  408: busy,
  413: tooLarge,
  429: busy,
  // Not Azure's own, but that of what speaks its protocol.
  507: full,
};

const unreachable = "Azure Storage could not be reached";
const lookUpFailed: Meaning = {
  code: "UNAVAILABLE",
  message: `${unreachable}: there is no host of that name. Check the account's name in the URL, and DNS.`,
};
const notConnected: Meaning = {
  code: "UNAVAILABLE",
  message: `${unreachable}. Check the URL, the network and the account's firewall.`,
};
/** Failures before anything was sent. */
const unsent: { readonly [code: string]: Meaning | undefined } = {
  ENOTFOUND: lookUpFailed,
  EAI_AGAIN: lookUpFailed,
  ECONNREFUSED: notConnected,
  EHOSTUNREACH: notConnected,
  ENETUNREACH: notConnected,
};
const CERTIFICATE = /CERT|^ERR_TLS_|SELF_SIGNED|^UNABLE_TO_/u;
const badCertificate: Meaning = {
  code: "MISCONFIGURED",
  message:
    "The host's certificate is not one that this process trusts. Correct the URL, or name its authority in NODE_EXTRA_CA_CERTS.",
};
const connectionLost: Meaning = {
  code: "UNAVAILABLE",
  message: "The connection to Azure Storage was lost before the answer was complete. Try again.",
};

const CREDENTIAL_ERRORS = [
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
];

export function explain(error: unknown): FailureExplanation | undefined {
  if (!(error instanceof Error)) return undefined;
  const circumstance = circumstanceOf(error);
  const explanation = circumstance === "interrupted" ? lost(connectionLost) : explainSdkError(error);
  if (explanation === undefined || circumstance === undefined) return explanation;
  // What came before the deciding request changed nothing, whatever became of it; what comes after it, nothing undoes.
  return { ...explanation, applied: circumstance === "decided" ? "unknown" : "no" };
}

function explainSdkError(error: Error): FailureExplanation | undefined {
  const answer = answerOf(error);
  if (answer !== undefined) return explainAnswer(answer);
  if (CREDENTIAL_ERRORS.includes(error.name)) return { ...noToken, applied: "no" };
  if (!isSdkError(error)) return undefined;
  const { code = "" } = error;
  if (CERTIFICATE.test(code)) return { ...badCertificate, applied: "no" };
  const meaning = unsent[code];
  return meaning === undefined ? lost(connectionLost) : { ...meaning, applied: "no" };
}

function lost(meaning: Meaning): FailureExplanation {
  return { ...meaning, applied: "unknown" };
}

function explainAnswer(answer: Answer): FailureExplanation {
  const { status, code = "" } = answer;
  const isServerError = status >= 500;
  const meaning = byCode[code] ?? byStatus[status] ?? (isServerError ? busy : refused);
  // ServerBusy is a request turned away at the door. Other server errors may come from behind it.
  const isRefusal = code === "ServerBusy" || status === 507;
  const applied: Effect = (isServerError && !isRefusal) || status === 408 ? "unknown" : "no";
  return { ...meaning, applied, retryAfterMs: retryAfterMs(answer) };
}

function retryAfterMs({ header }: Answer): number | undefined {
  const value = header("retry-after") ?? "";
  const milliseconds = /^\d+$/u.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return milliseconds > 0 ? milliseconds : undefined;
}
