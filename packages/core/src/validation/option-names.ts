import { isPlainObject } from "./plain-object.ts";

/** What is known of an option: `required`, or `either` if one of those that are marked so is required. */
export type OptionMark = true | "required" | "either";

/** The names of all options in `Options`, which may be a union. */
export type OptionNames<Options> = Readonly<
  Record<Options extends unknown ? keyof Options : never, OptionMark>
>;

/** What to do if no option is required. */
export const OMIT = "Pass one, or leave it out.";

/**
 * Throws a `TypeError` if the options of a store or driver are not a plain object, cannot be read, or have a member that
 * is not in `names`: a misspelled option would be ignored. `subject` begins the messages about options that cannot be
 * read.
 */
export function checkOptionNames(
  options: object,
  names: Readonly<Record<string, OptionMark>>,
  subject?: string,
): void {
  const problem = unknownOption(readOptions(options, subject, remedyOf(names)), names);
  if (problem !== undefined) throw new TypeError(problem);
}

/** Returns a copy of the options of a store or driver. Throws a `TypeError` if they are not a plain object, or throw. */
export function readOptions<Options extends object>(
  options: Options,
  subject = "The options",
  remedy: string = OMIT,
): Options {
  let copy: Options | undefined;
  try {
    copy = isPlainObject(options) ? { ...options } : undefined;
  } catch (cause) {
    throw new TypeError(
      `${subject} cannot be read, because a getter or a Proxy trap threw. Pass a plain object. The property \`cause\` of this error is what was thrown.`,
      { cause },
    );
  }
  if (copy === undefined) throw new TypeError(`${subject} must be a plain object. ${remedy}`);
  return copy;
}

/** Returns what to pass instead of options that are not a plain object. */
export function remedyOf(names: Readonly<Record<string, OptionMark>>): string {
  const marked = (mark: OptionMark): string[] =>
    Object.keys(names).flatMap((name) => (names[name] === mark ? [`\`${name}\``] : []));
  const needed = [...marked("required"), marked("either").join(" or ")].filter((each) => each !== "");
  return needed.length === 0 ? OMIT : `Pass one with ${needed.join(" and ")}.`;
}

/** An option that does not exist. */
export interface UnknownOption {
  /** Its name, or `options` if that may be content. */
  readonly path: string;
  readonly message: string;
}

/** Returns the first member of `options` that is not in `names`; `undefined` if there is none. */
export function findUnknownOption(
  options: object,
  names: Readonly<Record<string, OptionMark>>,
): UnknownOption | undefined {
  const name = Object.keys(options).find((each) => !Object.hasOwn(names, each));
  if (name === undefined) return undefined;
  // Anything else may be content, for example if a thread was passed in the place of the options.
  const isName = /^[A-Za-z]\w{0,39}$/u.test(name);
  const described = isName ? `\`${name}\`` : "A member of the options";
  const list = Object.keys(names).map((each) => `\`${each}\``);
  return {
    path: isName ? name : "options",
    message: `${described} is not an option. Correct its name, or remove it. The options are ${list.join(", ")}.`,
  };
}

/** Returns a message that names the first member of `options` that is not in `names`; `undefined` if there is none. */
export function unknownOption(
  options: object,
  names: Readonly<Record<string, OptionMark>>,
): string | undefined {
  return findUnknownOption(options, names)?.message;
}
