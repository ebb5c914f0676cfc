import { AgentError } from "@threadstore/agent";

/** The kinds of content that only the service which created them can use, and only for some time. */
export const SERVICE_BOUND = ["reasoning", "stored-items", "containers", "files"] as const;

export type ServiceBound = (typeof SERVICE_BOUND)[number];

/** What an error of the service says. */
interface Rejection {
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
}

/** What an error says about content that the service stores, or that is bound to it. */
export type ServiceRejection =
  /** The service does not store this response or conversation any more. */
  | "not-found"
  /** Its copy contains a call without an answer, from a run that failed. */
  | "diverged"
  /** Its copy already contains an item of the request. */
  | "duplicate"
  | ServiceBound;

/** The service's words for each rejection. The tests name their sources. */
const REJECTIONS: readonly (readonly [ServiceRejection, RegExp])[] = [
  ["reasoning", /invalid_encrypted_content|encrypted content .*could not be|without its required/isu],
  ["containers", /container (?:is|has) expired|container\b[^.\n]{0,80}not found|expected container_id/iu],
  [
    "files",
    /invalid_image_url|while downloading|failed to download|no such file|\bfile\b[^.\n]{0,80}(?:not found|expired|does not exist)/iu,
  ],
  ["stored-items", /\bitem\b[^.\n]{0,80}not found/iu],
  ["diverged", /no tool output found for |approval requests do not have an approval/iu],
  ["duplicate", /duplicate item/iu],
  ["not-found", /(?:previous_response|conversation)_not_found/u],
];

/**
 * Returns the kind of rejection; `undefined` for errors that have nothing to do with stored content. An error that
 * something was not found is about the conversation only if it names `storedId`, its id.
 */
export function readRejection(error: unknown, storedId: string | undefined): ServiceRejection | undefined {
  const rejection = toRejection(error);
  if (rejection === undefined || isRetentionRejection(rejection)) return undefined;
  const { code, message } = rejection;
  // The name of a model can be anything, such as the id.
  if (/^(?:model_not_found|DeploymentNotFound)$/u.test(code)) return undefined;
  const isMissing = /not found|no longer|does not exist|no such/iu.test(message);
  if (storedId !== undefined && isMissing && message.includes(storedId)) return "not-found";
  return REJECTIONS.find(([, pattern]) => pattern.test(`${code} ${message}`))?.[0];
}

/** Returns whether the error names one of these URLs and ids. */
export function namesAny(error: unknown, references: readonly string[]): boolean {
  const message = toRejection(error)?.message ?? "";
  return references.some((reference) => message.includes(reference));
}

/** Returns the error for an organization that may not let the service store responses; `undefined` for others. */
export function toRetentionError(cause: unknown): AgentError | undefined {
  const rejection = toRejection(cause);
  if (rejection === undefined || !isRetentionRejection(rejection)) return undefined;
  const { status } = rejection;
  const message =
    'The service does not store responses of this organization (Zero Data Retention). Create the agent with `storage: "local"`, and for reasoning models with `parameters: { include: ["reasoning.encrypted_content"] }`. Threads continue with it.';
  return new AgentError("MODEL_REFUSED", message, { status, cause });
}

function isRetentionRejection({ message }: Rejection): boolean {
  const isAboutStorage = /previous[ _]response|conversation|\bstor(?:e|ed|es|ing|age)\b/iu.test(message);
  return (
    (isAboutStorage && /zero[ -]data[ -]retention|\bzdr\b/iu.test(message)) ||
    /\bstore\b["'`]? must be (?:set to )?["'`]?false/iu.test(message)
  );
}

/** Reads an error of the `openai` package, or the event of a stream that is the cause of an `AgentError`. */
function toRejection(error: unknown): Rejection | undefined {
  const source: unknown = AgentError.is(error) ? error.cause : error;
  if (typeof source !== "object" || source === null) return undefined;
  const { status, code, message, error: body } = source as { readonly [member: string]: unknown };
  if (typeof status === "number" && ![400, 404, 422].includes(status)) return undefined;
  const texts = [message, typeof body === "string" ? body : ""].filter((text) => typeof text === "string");
  return {
    status: typeof status === "number" ? status : undefined,
    code: typeof code === "string" ? code : "",
    message: texts.join(" "),
  };
}

/** Returns the ids and URLs in messages or items. */
export function referencesIn(items: readonly object[]): string[] {
  const members = JSON.stringify(items).matchAll(/"(?:id|\w+_id|\w*url)":"([^"\\]+)"/gu);
  return [...members].flatMap(([, reference = ""]) => (reference.length < 4 ? [] : [reference]));
}
