import { DriverError } from "@threadstore/core/driver";

/** An error reply of the server. The first word of its message is a code. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
}

const TEMPORARY_CODES: readonly string[] = [
  "LOADING",
  "READONLY",
  "BUSY",
  "TRYAGAIN",
  "CLUSTERDOWN",
  "MASTERDOWN",
  "NOREPLICAS",
];

/** Returns the `DriverError` for an error reply. A reply answers one command, and a refused command has no effect. */
export function asDriverError(cause: ReplyError): DriverError {
  const [code = ""] = cause.message.split(" ");
  if (TEMPORARY_CODES.includes(code))
    return new DriverError("UNAVAILABLE", "The server is temporarily unavailable.", { cause });
  if (code === "OOM") return new DriverError("STORAGE_FULL", "The server is out of memory.", { cause });
  if (code === "NOAUTH" || code === "NOPERM")
    return new DriverError("ACCESS_DENIED", "The server refused the credentials.", { cause });
  return new DriverError("BACKEND_ERROR", "The server refused a command.", { effect: "unknown", cause });
}
