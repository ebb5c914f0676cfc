/** The exit codes, which docs/command-line.md documents. */
export const EXIT = {
  done: 0,
  /** The command finished, and found something that needs attention, such as a corrupt thread. */
  attention: 1,
  usage: 2,
  /** A store failed, or refused. */
  failed: 3,
  /** Nothing was changed, because `--yes` was missing. */
  dryRun: 4,
  interrupted: 130,
} as const;
