import type { RemovalOptions, RemovalResult } from "@threadstore/core/maintenance";
import { EXIT } from "../cli/exit-codes.ts";
import type { Location, Session } from "../cli/session.ts";
import { count, formatBytes, threadName } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { withState } from "../state/state-file.ts";

/** A command that deletes some of the threads of a store. */
export interface RemovalJob {
  /** The name of the command, for its state. */
  readonly command: string;
  /** The options that distinguish the command from others on the same location. Stored as JSON. */
  readonly conditions: unknown;
  readonly run: (options: RemovalOptions) => Promise<RemovalResult>;
}

/** The threads that a job has deleted or, in a dry run, would delete. */
export interface RemovalOutcome extends Omit<RemovalResult, "cursor"> {
  /** The names of the corrupt threads that were kept and that this run has listed. */
  readonly corruptThreads: ReadonlySet<string>;
}

/** The state of a job, as JSON. */
interface JobState {
  readonly cursor: string;
}

/** Runs a job to its end. It continues where an earlier run of the same command was stopped or killed. */
export async function runRemovalJob(
  session: Session,
  location: Location,
  { command, conditions, run }: RemovalJob,
): Promise<RemovalOutcome> {
  const { folder } = session.terminal;
  const identity = [location.identity, conditions];
  return withState<JobState, RemovalOutcome>({ folder, command }, identity, async (state) => {
    const { cursor } = (await state.read()) ?? {};
    const outcome = await runAndShow(session, run, {
      cursor,
      onProgress: (progress) => state.write({ cursor: progress.cursor }),
    });
    if (outcome.cursor === undefined) await state.remove();
    else await state.write({ cursor: outcome.cursor });
    return outcome;
  });
}

/** Prints the number of threads that a job would delete. Resolves with the exit code. */
export async function printPlan(session: Session, { label }: Location, { run }: RemovalJob): Promise<number> {
  const outcome = await runAndShow(session, run, { dryRun: true });
  const { threads, bytes, expired } = outcome;
  await printLines(session.terminal.stdout, [
    `Would delete ${count(threads, "thread")} (${formatBytes(bytes)}) and ${count(expired, "expired thread")} of ` +
      `${visibleLine(label)}. Confirm it with --yes.`,
  ]);
  await printRemaining(session, outcome);
  return EXIT.dryRun;
}

async function runAndShow(
  { terminal }: Session,
  run: RemovalJob["run"],
  { onProgress, ...options }: RemovalOptions,
): Promise<RemovalOutcome & Pick<RemovalResult, "cursor">> {
  const progress = progressOn(terminal.stderr);
  const corruptThreads = new Set<string>();
  const verb = options.dryRun === true ? "found" : "deleted";
  try {
    const result = await run({
      ...options,
      signal: terminal.signal,
      onCorrupt: ({ namespaces, id }) => void corruptThreads.add(threadName(namespaces, id)),
      async onProgress(current) {
        progress.show(`${count(current.threads, "thread")} ${verb}`);
        await onProgress?.(current);
      },
    });
    return { ...result, corruptThreads };
  } finally {
    progress.stop();
  }
}

/** Prints the work that remains for the operator. Returns whether there is any. */
export async function printRemaining(
  { terminal }: Session,
  { finishedAt, corruptThreads }: RemovalOutcome,
): Promise<boolean> {
  const unfinished =
    "Clients keep saving threads that match. Stop them, and run the same command again to continue.";
  await printLines(terminal.stderr, [
    ...[...corruptThreads].map((name) => visibleLine(`Corrupt, kept: ${name}`)),
    ...(finishedAt === undefined ? [unfinished] : []),
  ]);
  return corruptThreads.size > 0 || finishedAt === undefined;
}
