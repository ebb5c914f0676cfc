import { applyRetention, type RetentionPolicy } from "@threadstore/core/maintenance";
import { type Command, InvalidArgumentError, Option } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import {
  configOption,
  integerUpTo,
  namespaceOption,
  STORE_HELP,
  type Where,
  whereOption,
  yesOption,
} from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import { namespaceName } from "../output/format.ts";
import { printJson } from "../output/terminal.ts";
import { UsageError } from "../usage-error.ts";
import { printPlan, printRemaining, type RemovalJob, runRemovalJob } from "./removal-job.ts";

interface RetainOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly prefix?: string;
  readonly olderThan?: number;
  readonly keepNewest?: number;
  readonly where?: Where;
  readonly yes?: boolean;
}

const KEEP_MAX = 1000;

export function addRetain(program: Command, start: Start): void {
  program
    .command("retain")
    .summary("delete the threads that a retention policy does not keep")
    .description(
      "Deletes the threads of a store or namespace and of all namespaces in it that meet all conditions, and expired " +
        "threads, and prints a receipt as JSON. Without --yes, it only says what it would delete.",
    )
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption())
    .addOption(
      new Option(
        "--older-than <age>",
        "threads whose last change is older, such as 90d, 12h or 30m",
      ).argParser(ageParameter),
    )
    .option(
      "--keep-newest <number>",
      "all but this many of the latest threads of each namespace",
      integerUpTo(KEEP_MAX),
    )
    .addOption(whereOption())
    .option("-p, --prefix <text>", "only threads whose id begins with this text")
    .addOption(yesOption())
    .addOption(configOption())
    .action((url: string, options: RetainOptions) => start((session) => retain(session, url, options)));
}

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 7 * 86_400_000],
]);

/** Parses an age such as `90d`. Returns milliseconds. */
function ageParameter(text: string): number {
  const [, number = "", unit = ""] = /^([1-9]\d{0,5})([smhdw])$/u.exec(text) ?? [];
  const unitMs = UNITS_MS.get(unit);
  if (unitMs !== undefined) return Number(number) * unitMs;
  throw new InvalidArgumentError("Write a number and s, m, h, d or w, such as 90d.");
}

async function retain(session: Session, url: string, options: RetainOptions): Promise<number> {
  const { namespace = [], prefix, olderThan: olderThanMs, keepNewest, where } = options;
  const policy: RetentionPolicy = { olderThanMs, keepNewest, where };
  if (olderThanMs === undefined && keepNewest === undefined) {
    throw new UsageError(
      "The policy needs `--older-than` or `--keep-newest`. Delete all threads that match with `erase`.",
    );
  }
  const location = await session.open(url, options);
  const { store, label } = location;
  const job: RemovalJob = {
    command: "retain",
    conditions: { ...policy, prefix },
    run: (jobOptions) => applyRetention(store, policy, { ...jobOptions, prefix }),
  };
  if (options.yes !== true) return printPlan(session, location, job);
  const outcome = await runRemovalJob(session, location, job);
  const { threads, bytes, expired, corrupt, startedAt, finishedAt } = outcome;
  await printJson(session.terminal.stdout, {
    store: label,
    namespace: namespaceName(namespace),
    policy: { ...policy, prefix },
    threads,
    bytes,
    expired,
    corrupt,
    startedAt,
    finishedAt,
  });
  return (await printRemaining(session, outcome)) ? EXIT.attention : EXIT.done;
}
