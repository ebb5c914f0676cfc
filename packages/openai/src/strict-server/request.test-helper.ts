export interface ChatRequest {
  readonly messages: readonly Message[];
  readonly tools?: readonly { readonly function?: { readonly name?: unknown } }[];
  readonly stream?: boolean;
}

export type Message = { readonly [member: string]: unknown };

export interface Rejection {
  readonly status: number;
  readonly error: object;
}

export type Rule = (request: ChatRequest) => Rejection | undefined;

// The messages, params and codes are those of real responses in public bug reports.

export function invalidRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): Rejection {
  return { status: 400, error: { message, type: "invalid_request_error", param, code } };
}

export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export function wrongType(path: string, expected: string, found: unknown): Rejection {
  if (found === undefined) return missing(path);
  const message = `Invalid type for '${path}': expected ${expected}, but got ${describe(found)} instead.`;
  return invalidRequest(message, path, "invalid_type");
}

export function missing(path: string): Rejection {
  return invalidRequest(`Missing required parameter: '${path}'.`, path, "missing_required_parameter");
}

export function isObject(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a rule that applies a check to each message and returns the first rejection. */
export function each(check: (message: Message, index: number) => Rejection | undefined): Rule {
  return ({ messages }) => {
    for (const [index, message] of messages.entries()) {
      const rejection = check(message, index);
      if (rejection !== undefined) return rejection;
    }
    return undefined;
  };
}

export function callIds({ tool_calls: calls }: Message): string[] {
  return Array.isArray(calls) ? (calls as { readonly id: string }[]).map(({ id }) => id) : [];
}
