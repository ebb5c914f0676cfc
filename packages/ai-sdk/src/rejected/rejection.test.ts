import {
  APICallError,
  DownloadError,
  InvalidDataContentError,
  RetryError,
  UnsupportedFunctionalityError,
} from "ai";
import { expect, test } from "vitest";
import { readRejection } from "./rejection.ts";

interface Details {
  readonly message?: string;
  readonly code?: string | number;
  readonly param?: string | null;
}

function apiError(statusCode: number, error: Details = {}): APICallError {
  const { message = "Invalid request." } = error;
  const data = { error: { message, ...error } };
  const response = { statusCode, responseBody: JSON.stringify(data), data };
  return new APICallError({ message, url: "https://x.test", requestBodyValues: {}, ...response });
}

function retried(lastError: unknown): RetryError {
  return new RetryError({
    message: "Failed.",
    reason: "errorNotRetryable",
    errors: [apiError(503), lastError],
  });
}

function download(details: { statusCode?: number; cause?: unknown }): DownloadError {
  return new DownloadError({ url: "https://x.test/a.png", ...details });
}

const notFound = new TypeError("fetch failed", {
  cause: Object.assign(new Error("x"), { code: "ENOTFOUND" }),
});
const file = { about: "files", url: "https://x.test/a.png" };

test.each<[string, unknown, unknown]>([
  ["status 400", apiError(400), { about: "content" }],
  [
    // https://github.com/OpenHands/OpenHands/issues/9061
    "a type of image",
    apiError(400, {
      message: "messages.39.content.1.image.source.base64.media_type: Input should be 'image/png'",
    }),
    { about: "content" },
  ],
  [
    // https://github.com/vercel/ai/issues/1544
    "an unsupported image",
    apiError(400, {
      message: "You uploaded an unsupported image.",
      param: null,
      code: "invalid_image_format",
    }),
    { about: "content" },
  ],
  ["status 413", apiError(413), { about: "size" }],
  ["status 415", apiError(415), { about: "content" }],
  ["status 422", apiError(422), { about: "content" }],
  ["the last of several attempts", retried(apiError(400)), { about: "content" }],
  ["an error of the AI Gateway", Object.assign(new Error("x"), { statusCode: 400 }), { about: "content" }],
  [
    "a content filter",
    apiError(400, { code: "content_filter", message: "The response was filtered.", param: "prompt" }),
    { about: "policy" },
  ],
  ["OpenAI's limit of the context", apiError(400, { code: "context_length_exceeded" }), { about: "length" }],
  [
    // https://github.com/stackblitz-labs/bolt.diy/issues/564
    "DeepSeek's limit of the context",
    apiError(400, { message: "This model's maximum context length is 65536 tokens." }),
    { about: "length" },
  ],
  [
    // https://github.com/google-gemini/gemini-cli/issues/4692
    "Gemini's limit of the context",
    apiError(400, {
      message: "The input token count (2845475) exceeds the maximum number of tokens allowed.",
    }),
    { about: "length" },
  ],
  [
    "Anthropic's limit of the context",
    apiError(400, { message: "prompt is too long: 2 > 1" }),
    { about: "length" },
  ],
  [
    // https://github.com/vercel/ai/issues/10290
    "an item that is not stored",
    apiError(404, { message: "Item with id 'rs_1' not found." }),
    { about: "service-items" },
  ],
  ["a file without a type", new UnsupportedFunctionalityError({ functionality: "file" }), { about: "files" }],
  ["a file without content", new InvalidDataContentError({ content: 1 }), { about: "files" }],
  ["a file that is gone", download({ statusCode: 404 }), file],
  ["a file that has expired", download({ statusCode: 403 }), file],
  ["a server that is gone", download({ cause: notFound }), file],
  ["an image in a stream", { type: "error", code: "image_parse_error", message: "x" }, { about: "content" }],
  ["a failed response", { response: { error: { code: "invalid_image_url" } } }, { about: "content" }],

  ["status 401", apiError(401), undefined],
  ["status 404", apiError(404, { message: "The model does not exist." }), undefined],
  ["status 429", apiError(429), undefined],
  ["status 500", apiError(500), undefined],
  ["the last of several failures", retried(apiError(503)), undefined],
  ["a lost connection", new TypeError("fetch failed"), undefined],
  ["an abort", new DOMException("x", "AbortError"), undefined],
  ["no error", undefined, undefined],
  ["a text", "Invalid content.", undefined],
  ["an error of a stream", { type: "error", code: "server_error", message: "x" }, undefined],
  ["a file of a busy server", download({ statusCode: 503 }), undefined],
  ["a file over a lost connection", download({ cause: new TypeError("fetch failed") }), undefined],
  ["an unknown parameter", apiError(400, { code: "unsupported_parameter" }), undefined],
  ["a parameter of the application", apiError(400, { param: "temperature" }), undefined],
  ["a tool", apiError(400, { param: "tools[0].function.parameters" }), undefined],
  ["Anthropic's tools", apiError(400, { message: "tools.0.custom.input_schema: Field required" }), undefined],
  [
    // https://github.com/anthropics/claude-code/issues/4684
    "an account without credit",
    apiError(400, { message: "Your credit balance is too low to access the Anthropic API." }),
    undefined,
  ],
  [
    // https://github.com/can1357/oh-my-pi/issues/449
    "an invalid key",
    apiError(400, { code: 400, message: "API key not valid. Please pass a valid API key." }),
    undefined,
  ],
  [
    // https://github.com/gemini-api-php/client/issues/32
    "a country",
    apiError(400, { code: 400, message: "User location is not supported for the API use." }),
    undefined,
  ],
])("the rejection of %s", (_name, error, expected) => {
  expect(readRejection(error)).toEqual(expected);
  expect(readRejection(error, () => false)).toBeUndefined();
  expect(readRejection(error, () => true)).toEqual(expected ?? { about: "content" });
});
