import type { JsonValue } from "@threadstore/core";
import { RequestProblem } from "./problem.ts";

/** The members of a request's body. */
export type Body = { readonly [member: string]: JsonValue | undefined };

// Browsers let pages of other sites send these types only if the server allows it (CORS).
const JSON_TYPE = /^application\/(?:json|merge-patch\+json)(?:$|\s*;)/iu;

/** Reads a body that must be a JSON object with these members only. */
export async function readBody(
  request: Request,
  maxBytes: number,
  members: readonly string[],
): Promise<Body> {
  if (!JSON_TYPE.test(request.headers.get("content-type") ?? "")) {
    throw new RequestProblem("UNSUPPORTED_TYPE", "Send JSON, with the content type application/json.");
  }
  const body = parse(await readText(request, maxBytes));
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalidRequest("The body must be a JSON object.");
  }
  const unknown = Object.keys(body).find((name) => !members.includes(name));
  if (unknown === undefined) return body;
  const names = members.map((name) => `\`${name}\``).join(", ");
  throw invalidRequest(`The body has an unknown member. Only these are supported: ${names}.`);
}

export function invalidRequest(detail: string): RequestProblem {
  return new RequestProblem("REQUEST_INVALID", detail);
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) break;
    size += chunk.value.byteLength;
    if (size > maxBytes) {
      await reader?.cancel();
      throw new RequestProblem("BODY_TOO_LARGE", `The body must have at most ${maxBytes} bytes.`);
    }
    chunks.push(chunk.value);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(chunks).arrayBuffer());
  } catch {
    throw invalidRequest("The body must be encoded as UTF-8.");
  }
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw invalidRequest("The body must be JSON.");
  }
}
