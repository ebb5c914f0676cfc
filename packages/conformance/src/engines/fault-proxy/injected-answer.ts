import { STATUS_CODES } from "node:http";
import type { Exchange } from "./exchange.ts";
import type { Fault } from "./fault.ts";
import type { ProxiedRequest } from "./proxied-request.ts";

/** What the proxy answers, in the server's place or instead of its answer. */
export type Injection = Pick<Exchange, "injected" | "substitute">;

export function injectionFor(fault: Fault | undefined, request: ProxiedRequest): Injection {
  const answer = fault && answerOf(fault, request);
  const isSubstitute = fault !== undefined && "insteadOf" in fault && fault.insteadOf === "answer";
  return isSubstitute
    ? { injected: undefined, substitute: answer }
    : { injected: answer, substitute: undefined };
}

/** `undefined` if the fault is none that answers. */
function answerOf(fault: Fault, request: ProxiedRequest): Buffer | undefined {
  if (fault.type === "answerRedis") return Buffer.from(`-${fault.error}\r\n`);
  if (fault.type !== "answerHttp") return undefined;
  const { status, headers = {}, body = "" } = fault;
  const all = { ...headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
  return Buffer.from(request.http?.method === "HEAD" ? head : head + body);
}
