import type { Version } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";

const VERSION = /^[\u0021\u0023-\u007e]+$/u;

/** Returns the version that an option stands for; `undefined` if the option is missing. Throws `INVALID_ARGUMENT`. */
export function checkedVersion(
  id: string,
  value: unknown,
  option: "previous" | "cached",
): Version | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object") return printable(value, option);
  if (value === null || !("version" in value)) throw invalidArgument(mustBe(option));
  if ("id" in value && value.id !== id) {
    throw invalidArgument(`\`${option}\` must be a version of the same thread.`);
  }
  return printable(value.version, option);
}

function mustBe(option: "previous" | "cached"): string {
  return option === "cached"
    ? "`cached` must be an object that a store returned for this thread."
    : "`previous` must be an object that a store returned for this thread, or its version. Omit it to create the thread.";
}

function printable(version: unknown, option: "previous" | "cached"): Version {
  if (typeof version !== "string") throw invalidArgument(mustBe(option));
  if (VERSION.test(version)) return version;
  throw invalidArgument(
    `The version in \`${option}\` must be printable ASCII without quotes or spaces. Remove the quotes of an ETag.`,
  );
}
