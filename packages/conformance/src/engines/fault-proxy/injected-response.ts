import { STATUS_CODES } from "node:http";
import type { Exchange } from "./exchange.ts";
import type { Fault } from "./fault.ts";
import type { ProxiedRequest } from "./proxied-request.ts";

/** The response of the proxy, either without the server or in place of the server's response. */
export type Injection = Pick<Exchange, "injected" | "substitute">;

export function injectionFor(fault: Fault | undefined, request: ProxiedRequest): Injection {
  const response = fault && responseOf(fault, request);
  const isSubstitute = fault !== undefined && "insteadOf" in fault && fault.insteadOf === "response";
  return isSubstitute
    ? { injected: undefined, substitute: response }
    : { injected: response, substitute: undefined };
}

/** Returns the response that the fault specifies, if any. */
function responseOf(fault: Fault, request: ProxiedRequest): Buffer | undefined {
  if (fault.type === "respondRedis") return Buffer.from(`-${fault.error}\r\n`);
  if (fault.type === "respond") {
    return Buffer.from(typeof fault.response === "function" ? fault.response(request.bytes) : fault.response);
  }
  if (fault.type !== "respondHttp") return undefined;
  const { status, headers = {}, body = "" } = fault;
  const all = { ...headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
  return Buffer.from(request.http?.method === "HEAD" ? head : head + body);
}
