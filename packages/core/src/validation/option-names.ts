/** The names of all options in `Options`, which may be a union. */
export type OptionNames<Options> = Readonly<Record<Options extends unknown ? keyof Options : never, true>>;

/**
 * Throws a `TypeError` if the options of a store or driver are not an object, or have a member that is not in `names`:
 * a misspelled option would be ignored.
 */
export function checkOptionNames(options: object, names: Readonly<Record<string, true>>): void {
  if (typeof options !== "object" || options === null) throw new TypeError("The options must be an object.");
  const problem = unknownOption(options, names);
  if (problem !== undefined) throw new TypeError(problem);
}

/** Returns a message that names the first member of `options` that is not in `names`; `undefined` if there is none. */
export function unknownOption(options: object, names: Readonly<Record<string, true>>): string | undefined {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    // Anything else may be content, for example if a thread was passed in the place of the options.
    const described = /^[A-Za-z]\w{0,39}$/u.test(name) ? `\`${name}\`` : "A member of the options";
    const list = Object.keys(names).map((each) => `\`${each}\``);
    return `${described} is not an option. Correct its name, or remove it. The options are ${list.join(", ")}.`;
  }
  return undefined;
}
