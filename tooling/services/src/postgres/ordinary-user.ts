/** A program and its parameters. */
export interface Invocation {
  readonly command: string;
  readonly parameters: readonly string[];
}

/**
 * Returns how to run a program that refuses to run as root: if this process is root, as the user `nobody`, with the right
 * to read and write the files of this process. `setpriv` is a part of every Linux distribution.
 */
export function asOrdinaryUser(
  program: string,
  parameters: readonly string[],
  { uid }: { uid: number | undefined } = { uid: process.getuid?.() },
): Invocation {
  if (uid !== 0) return { command: program, parameters };
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  // Without the third, access(2) ignores the right.
  const rights = [
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
  ];
  return { command: "setpriv", parameters: [...user, ...rights, program, ...parameters] };
}

/** The id of the user and of the group `nobody`, whose names differ between distributions. */
export const NOBODY = 65_534;
