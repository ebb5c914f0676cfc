import type { Version } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";

/** The options that take a version of the thread. */
export type VersionOption = "previous" | "cached";

const VERSION = /^[\u0021\u0023-\u007e]+$/u;

const RULES: { readonly [option in VersionOption]: string } = {
  previous:
    "`previous` must be an object that a store returned for this thread, or its version. Omit it to create the thread.",
  cached: "`cached` must be an object that a store returned for this thread.",
};

/** Returns the version that an option stands for; `undefined` if the option is omitted. Throws `INVALID_ARGUMENT`. */
export function checkedVersion(id: string, value: unknown, option: VersionOption): Version | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object") return printableVersion(value, option);
  if (value === null || !("version" in value)) throw invalidArgument(RULES[option]);
  if ("id" in value && value.id !== id) {
    throw invalidArgument(`\`${option}\` must be a version of the same thread.`);
  }
  return printableVersion(value.version, option);
}

function printableVersion(version: unknown, option: VersionOption): Version {
  if (typeof version !== "string") throw invalidArgument(RULES[option]);
  if (VERSION.test(version)) return version;
  throw invalidArgument(
    `The version in \`${option}\` must be printable ASCII without quotes or spaces. Remove the quotes of an ETag.`,
  );
}
