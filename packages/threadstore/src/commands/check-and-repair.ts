import type { StoredThread } from "@threadstore/core";
import { type Command, Option } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import {
  configOption,
  jsonOption,
  namespaceOption,
  PROVIDER_HELP,
  STORE_HELP,
  yesOption,
} from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import { count } from "../output/format.ts";
import { type Paint, printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import type { Fault, RepairSettings } from "../wire-forms/wire-form.ts";
import { type CheckReport, checkThreads, type Visit } from "./check.ts";

interface CheckOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly provider?: string;
  readonly json?: boolean;
}

interface RepairOptions extends CheckOptions {
  readonly policy: RepairSettings["policy"];
  readonly yes?: boolean;
}

const FORMS_HELP =
  "Knows the threads of chat and responses agents, sessions of the OpenAI Agents SDK, chats of the AI SDK, messages of " +
  "LangChain and threads of Agent Framework, and whether bridges can read their threads, if the packages are installed.";

function withCommonOptions(command: Command): Command {
  return command
    .argument("<store>", STORE_HELP)
    .argument("[id]", "the id of the only thread")
    .addOption(namespaceOption())
    .option("--provider <name>", PROVIDER_HELP);
}

export function addCheck(program: Command, start: Start): void {
  const command = program
    .command("check")
    .summary("find corrupt threads, and faults that providers reject")
    .description(
      `Loads the threads of a store or namespace and of all namespaces in it, or one thread. Reports corrupt records, and faults for which providers reject a conversation. ${FORMS_HELP}`,
    );
  withCommonOptions(command)
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, id: string | undefined, options: CheckOptions) =>
      start((session) => check(session, url, id, options)),
    );
}

export function addRepair(program: Command, start: Start): void {
  const command = program
    .command("repair")
    .summary("repair the faults that check finds")
    .description(
      `Repairs what \`check\` finds, except corrupt records. Without --yes, it only says what it would change. ${FORMS_HELP}`,
    );
  withCommonOptions(command)
    .addOption(
      new Option("--policy <name>", "what to do with calls without results: answer or remove them")
        .choices(["synthesize", "drop"])
        .default("synthesize"),
    )
    .addOption(yesOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, id: string | undefined, options: RepairOptions) =>
      start((session) => repair(session, url, id, options)),
    );
}

async function check(
  session: Session,
  url: string,
  id: string | undefined,
  options: CheckOptions,
): Promise<number> {
  const { store } = await session.open(url, options);
  const report = await checkThreads(session, {
    store,
    id,
    settings: { policy: "synthesize", provider: options.provider },
    onFaulty: async ({ inspection }) => (inspection.kind === "checked" ? inspection.faults : []),
  });
  await printReport(session, report, options.json === true, `${report.faulty.length} with faults`);
  return isClean(report) ? EXIT.done : EXIT.attention;
}

async function repair(
  session: Session,
  url: string,
  id: string | undefined,
  { policy, provider, yes = false, json = false, ...options }: RepairOptions,
): Promise<number> {
  const { store } = await session.open(url, options);
  let beyondRepair = 0;
  const report = await checkThreads(session, {
    store,
    id,
    settings: { policy, provider },
    async onFaulty(visit) {
      const { inspection } = visit;
      if (inspection.kind !== "checked") return [];
      if (inspection.repaired === undefined) beyondRepair += 1;
      else if (yes) return saveRepair(visit, session.terminal.signal);
      return inspection.faults;
    },
  });
  const repairable = report.faulty.length - beyondRepair;
  const rest = beyondRepair === 0 ? "" : `, ${beyondRepair} beyond repair`;
  await printReport(session, report, json, `${repairable} ${yes ? "repaired" : "to repair"}${rest}`);
  if (!yes && repairable > 0) {
    await printLines(session.terminal.stderr, ["Nothing was changed. Confirm it with --yes."]);
    return EXIT.dryRun;
  }
  const isDone = report.corrupt.length + report.notInstalled.size + beyondRepair === 0;
  return isDone ? EXIT.done : EXIT.attention;
}

/** Repairs the version that is current then, which another client may have saved. Resolves with its faults. */
async function saveRepair(
  { view, stored, inspector }: Visit,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  let faults: readonly Fault[] = [];
  const change = async (current: StoredThread | undefined): Promise<object | string | null> => {
    const latest = current && (await inspector.inspect(current));
    faults = latest?.kind === "checked" && latest.repaired !== undefined ? latest.faults : [];
    return latest?.kind === "checked" && faults.length > 0 ? (latest.repaired ?? null) : null;
  };
  await view.update(stored.id, change, { signal });
  return faults;
}

function isClean({ corrupt, faulty, notInstalled }: CheckReport): boolean {
  return corrupt.length + faulty.length + notInstalled.size === 0;
}

async function printReport(
  { terminal, paint }: Session,
  report: CheckReport,
  isJson: boolean,
  total: string,
): Promise<void> {
  if (isJson) {
    await printJson(terminal.stdout, { ...report, notInstalled: Object.fromEntries(report.notInstalled) });
    return;
  }
  const { checked, corrupt, faulty, unknown, notInstalled } = report;
  await printLines(terminal.stdout, [
    ...faulty.flatMap(({ thread, faults }) => [
      paint("bold", visibleLine(thread)),
      ...faults.map((fault) => faultLine(fault, paint)),
    ]),
    ...corrupt.map((name) => `${paint("red", "corrupt")}  ${visibleLine(name)}`),
    `${count(checked, "thread")} checked, ${total}, ${corrupt.length} corrupt, ${unknown} of unknown form.`,
    ...[...notInstalled].map(([remedy, number]) => `${count(number, "thread")} not checked. ${remedy}`),
  ]);
}

function faultLine({ code, path, message, remedy }: Fault, paint: Paint): string {
  const text = remedy === undefined ? message : `${message} ${remedy}`;
  return `  ${paint("yellow", visibleLine(code))}  ${visibleLine(path)}  ${visibleLine(text)}`;
}
