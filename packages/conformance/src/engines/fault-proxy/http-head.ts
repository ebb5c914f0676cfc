/** The start line and the headers of an HTTP/1.1 message. */
export interface HttpHead {
  /** The words of the start line, such as `PUT /path?query HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly startLine: readonly [string, string, string];
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

export function parseHttpHead(bytes: Buffer): HttpHead {
  const [startLine = "", ...lines] = bytes.toString("latin1").trimEnd().split("\r\n");
  const [first = "", second = "", ...rest] = startLine.split(" ");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { startLine: [first, second, rest.join(" ")], headers };
}

/** How the end of a message's body is determined. */
export type HttpBody = "chunked" | "until close" | "none, more heads follow" | { readonly length: number };

export function bodyOfRequest(head: HttpHead): HttpBody {
  return declaredBody(head) ?? { length: 0 };
}

export function bodyOfResponse(head: HttpHead, requestMethod: string | undefined): HttpBody {
  const status = Number(head.startLine[1]);
  if (status < 200) return "none, more heads follow";
  if (status === 204 || status === 304 || requestMethod === "HEAD") return { length: 0 };
  return declaredBody(head) ?? "until close";
}

function declaredBody({ headers }: HttpHead): HttpBody | undefined {
  if (headers.get("transfer-encoding")?.toLowerCase().endsWith("chunked") === true) return "chunked";
  const length = headers.get("content-length");
  return length === undefined ? undefined : { length: Number(length) };
}
