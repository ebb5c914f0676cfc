/** How a program is run. */
export interface Invocation {
  readonly command: string;
  readonly parameters: readonly string[];
}

/**
 * For programs that refuse to run as root: where this process does, they run as `nobody`, who may still read and write
 * the files of this process (which can lie in a folder that is root's alone). `setpriv` is a part of every Linux.
 */
export function asOrdinaryUser(
  program: string,
  parameters: readonly string[],
  { uid }: { uid: number | undefined } = { uid: process.getuid?.() },
): Invocation {
  if (uid !== 0) return { command: program, parameters };
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
  // The third is for access(2), which otherwise forgets the right.
  const rights = [
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
  ];
  return { command: "setpriv", parameters: [...user, ...rights, program, ...parameters] };
}

/** The user and the group, on every Linux; their names differ. */
export const nobody = 65_534;
