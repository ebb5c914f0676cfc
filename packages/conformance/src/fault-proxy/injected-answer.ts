import { STATUS_CODES } from "node:http";
import type { Fault } from "./fault.ts";
import type { ProxiedRequest } from "./proxied-request.ts";

/** The bytes with which the proxy answers in the server's place; `undefined` if the server is to answer. */
export function injectedAnswer(fault: Fault, request: ProxiedRequest): Buffer | undefined {
  if (fault.type === "answerRedis") return Buffer.from(`-${fault.error}\r\n`);
  if (fault.type !== "answerHttp") return undefined;
  const { status, headers = {}, body = "" } = fault;
  const all = { ...headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
  return Buffer.from(request.http?.method === "HEAD" ? head : head + body);
}
