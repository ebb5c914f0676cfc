import { checkSignal, copyOptions } from "./call-options.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";
import { type OptionNames, remedyOf, unknownOption } from "./option-names.ts";

/** Throws `INVALID_ARGUMENT` unless the argument `name` of a job looks like a store. */
export function checkStore(name: string, store: unknown): void {
  const isStore = readArgument(`\`${name}\``, () => {
    return typeof store === "object" && store !== null && "listPage" in store && "save" in store;
  });
  if (!isStore) throw invalidArgument(`\`${name}\` must be a ThreadStore. Pass a store or a view of one.`);
}

/**
 * Returns a copy of the options of a job, whose members are read once and are not checked, except for `signal`. Throws
 * `INVALID_ARGUMENT` unless they are a plain object with known members.
 */
export function checkedJobOptions<Options extends object>(
  options: unknown,
  names: OptionNames<Options>,
): Options {
  const copy = copyOptions(options, remedyOf(names));
  const problem = unknownOption(copy, names);
  if (problem !== undefined) throw invalidArgument(problem);
  checkSignal(copy["signal"]);
  return copy as Options;
}

/** Throws `INVALID_ARGUMENT` unless each option is a boolean or omitted. */
export function checkBooleans(options: { readonly [name: string]: unknown }): void {
  for (const [name, flag] of Object.entries(options)) {
    if (flag !== undefined && typeof flag !== "boolean")
      throw invalidArgument(`\`${name}\` must be a boolean.`);
  }
}

/** Throws `INVALID_ARGUMENT` unless each option is a function or omitted. */
export function checkFunctions(options: { readonly [name: string]: unknown }): void {
  for (const [name, callback] of Object.entries(options)) {
    if (callback !== undefined && typeof callback !== "function") {
      throw invalidArgument(`\`${name}\` must be a function.`);
    }
  }
}
