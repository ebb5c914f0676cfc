import type { ThreadStoreError } from "../errors.ts";
import type { Version } from "../thread-store.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";

/** A method that takes a version of the thread. */
export type VersionedMethod = "save" | "append" | "touch" | "delete" | "load";

interface VersionOption {
  readonly name: "previous" | "cached";
  readonly rule: string;
}

const PREVIOUS_RULE = "`previous` must be an object that a store returned for this thread, or its version.";

const OPTIONS: { readonly [method in VersionedMethod]: VersionOption } = {
  save: { name: "previous", rule: `${PREVIOUS_RULE} Omit it to create the thread.` },
  append: { name: "previous", rule: `${PREVIOUS_RULE} Omit it to append to whichever version is stored.` },
  touch: { name: "previous", rule: `${PREVIOUS_RULE} Omit it to touch whichever version is stored.` },
  delete: { name: "previous", rule: `${PREVIOUS_RULE} Omit it to delete whichever version is stored.` },
  load: {
    name: "cached",
    rule: "`cached` must be an object that a store returned for this thread. Omit it to read the whole thread.",
  },
};

const VERSION = /^[\u0021\u0023-\u007e]+$/u;

/**
 * Returns the version that the option `previous` or `cached` of a method stands for; `undefined` if it is omitted.
 * Throws `INVALID_ARGUMENT`.
 */
export function checkedVersion(id: string, value: unknown, method: VersionedMethod): Version | undefined {
  if (value === undefined) return undefined;
  const option = OPTIONS[method];
  return readArgument(`\`${option.name}\``, () => versionOf(id, value, option));
}

function versionOf(id: string, value: unknown, option: VersionOption): Version | ThreadStoreError {
  if (typeof value !== "object") return printableVersion(value, option);
  if (value === null || !("version" in value)) return invalidArgument(option.rule);
  if ("id" in value && value.id !== id) {
    return invalidArgument(
      `\`${option.name}\` must be a version of the same thread. Pass what a store returned for its id.`,
    );
  }
  return printableVersion(value.version, option);
}

function printableVersion(version: unknown, { name, rule }: VersionOption): Version | ThreadStoreError {
  if (typeof version !== "string") return invalidArgument(rule);
  if (VERSION.test(version)) return version;
  return invalidArgument(
    `The version in \`${name}\` must be printable ASCII without quotes or spaces. Remove the quotes of an ETag.`,
  );
}
