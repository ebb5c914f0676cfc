import { invalidArgument } from "../conversation-error.ts";

/**
 * The subject of a rejection. `content`: some message of the request. `files`: a file.
 * `length`: the request has too many tokens. `policy`: a text that the service does not process. `service-items`: a
 * reference to something that the service does not store any more. `size`: the request has too many bytes.
 */
export type RejectionTopic = "content" | "files" | "length" | "policy" | "service-items" | "size";

/** A rejection of a request that every later request with the same messages receives too. */
export interface Rejection {
  readonly about: RejectionTopic;
  /** The URL of the file that is rejected, if the error names it. */
  readonly url?: string;
}

/**
 * Decides whether an error of the model means that its service rejects the messages of the request for good.
 * `isRejected` is the decision of this package. If the function throws or does not return a boolean, nothing is noted, and
 * `onEnd` rejects after the answer was saved.
 */
export type RejectionDecider = (error: unknown, isRejected: boolean) => boolean;

type Members = { readonly [name: string]: unknown };

/** The statuses of a response that blames the content of the request. */
const STATUSES: readonly unknown[] = [400, 413, 415, 422];

/** The SDK's and its providers' errors for files that a model cannot receive, without a request. */
const FILE_ERRORS: readonly unknown[] = [
  "AI_InvalidDataContentError",
  "AI_NoSuchProviderReferenceError",
  "AI_UnsupportedFunctionalityError",
];

/** The parameters of a request that the application sets. */
const APPLICATION_PARAMETERS =
  /^(?:functions?|include|logit_bias|logprobs|max_\w+|metadata|model|n|parallel_tool_calls|reasoning|response_format|seed|service_tier|stop|store|stream|temperature|text|thinking|tool_choice|tools?|top_\w+|user)\b/u;

/** What services say with status 400 about the account or the configuration. The tests name their sources. */
const NOT_ABOUT_CONTENT =
  /unsupported_parameter|unknown_parameter|invalid_function_parameters|invalid_json_schema|model_not_found|credit balance|billing|usage limits|insufficient_quota|api.?key|user location is not supported|"message":\s*"(?:max_tokens|tools|thinking|temperature|top_[kp]|stop_sequences|tool_choice|model)\b/iu;

/** What services say about each topic. */
const TOPICS: readonly (readonly [RejectionTopic, RegExp])[] = [
  [
    "length",
    /context_length|context length|context window|maximum context|too many (?:input )?tokens|prompt is too long|token count.{0,40}exceeds|input is too long|reduce the length|too large for model/iu,
  ],
  ["policy", /content_filter|content[_ ]policy|responsible ?ai|invalid_prompt|safety|moderation/iu],
  [
    "service-items",
    /\bitems?\b[^.\n]{0,80}not (?:found|persisted)|invalid_encrypted_content|without its required/iu,
  ],
];

/** The codes of errors in a stream, which do not have a status. */
const STREAM_CODES =
  /^(?:image_\w+|\w+_image(?:_\w+)?|empty_image_file|invalid_prompt|context_length_exceeded)$/u;

/**
 * Returns what an error of the model rejects for good, or `undefined` if the same request can succeed later. Throws the
 * error of `decide`, and `INVALID_ARGUMENT` if it does not return a boolean.
 */
export function readRejection(error: unknown, decide?: RejectionDecider): Rejection | undefined {
  const rejection = readError(lastOf(error));
  if (decide === undefined) return rejection;
  const isRejection = toBoolean(decide(error, rejection !== undefined));
  return isRejection ? (rejection ?? { about: "content" }) : undefined;
}

function toBoolean(decision: unknown): boolean {
  if (typeof decision === "boolean") return decision;
  // A promise that rejects later must not end the process.
  void Promise.allSettled([decision]);
  throw invalidArgument("isRejection", "a function that returns a boolean, not a promise");
}

/** Returns the last error of several attempts. */
function lastOf(error: unknown): Members {
  const members = toMembers(error);
  return members["lastError"] === undefined ? members : toMembers(members["lastError"]);
}

function readError(error: Members): Rejection | undefined {
  const { name } = error;
  if (name === "AI_DownloadError") return readDownload(error);
  if (FILE_ERRORS.includes(name)) return { about: "files" };
  const status = error["statusCode"] ?? error["status"];
  const details = detailsOf(error);
  const text = [error["message"], error["responseBody"], details["code"], details["message"]].join(" ");
  if (status === 404)
    return /\bitem\b[^.\n]{0,80}not found/iu.test(text) ? { about: "service-items" } : undefined;
  const isRejected =
    status === undefined ? STREAM_CODES.test(String(details["code"])) : STATUSES.includes(status);
  if (!isRejected || error["isRetryable"] === true) return undefined;
  const { param } = details;
  if (typeof param === "string" && APPLICATION_PARAMETERS.test(param)) return undefined;
  if (NOT_ABOUT_CONTENT.test(text)) return undefined;
  const topic = TOPICS.find(([, pattern]) => pattern.test(text))?.[0];
  return { about: topic ?? (status === 413 ? "size" : "content") };
}

/** Reads the error of a file that the SDK downloads, because the service does not. */
function readDownload({ statusCode, url, cause }: Members): Rejection | undefined {
  const { code } = toMembers(toMembers(cause)["cause"] ?? cause);
  const isGone =
    typeof statusCode === "number"
      ? statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 429
      : cause === undefined || code === "ENOTFOUND";
  if (!isGone) return undefined;
  return { about: "files", ...(typeof url === "string" ? { url } : {}) };
}

/** Returns the body of the service's error, of which each provider and each version of the SDK has another place. */
function detailsOf(error: Members): Members {
  const body = toMembers(error["data"]);
  const places = [
    body["error"],
    toMembers(body["response"])["error"],
    toMembers(error["response"])["error"],
    error["error"],
  ];
  return toMembers(places.find((place) => typeof place === "object" && place !== null) ?? error);
}

function toMembers(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}
