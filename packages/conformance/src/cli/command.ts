import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { cases } from "../cases/index.ts";
import { type Tier, tiers } from "../suite/conformance-case.ts";
import type { Selection } from "../suite/selection.ts";
import { type Effort, isEffort } from "../suite/settings.ts";

/** An invalid command line, harness or history. Its message is printed without a stack trace. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface RunCommand {
  readonly type: "run";
  /** The path of the module that exports the harness. */
  readonly harness: string;
  readonly selection: Selection;
  readonly repeat: number;
  readonly seed: number | undefined;
  readonly effort: Effort | undefined;
  /** The path of the JSON report to write. */
  readonly report: string | undefined;
  /** The path of the Markdown report to write. */
  readonly markdown: string | undefined;
  /** Whether standard output receives the JSON report instead of the summary. */
  readonly json: boolean;
}

export type Command =
  | { readonly type: "help" | "version" }
  | { readonly type: "list"; readonly selection: Selection }
  | { readonly type: "check"; readonly history: string; readonly json: boolean }
  | RunCommand;

const OPTIONS = {
  tier: { type: "string", multiple: true },
  case: { type: "string", multiple: true },
  repeat: { type: "string" },
  seed: { type: "string" },
  effort: { type: "string" },
  report: { type: "string" },
  markdown: { type: "string" },
  json: { type: "boolean" },
  list: { type: "boolean" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Parses the command line. Throws a {@link UsageError} if it is invalid. */
export function commandOf(parameters: readonly string[]): Command {
  const { values, positionals } = parseParameters(parameters);
  if (values.help === true) return { type: "help" };
  if (values.version === true) return { type: "version" };
  const { report, markdown, json = false } = values;
  if (positionals[0] === "check") {
    return { type: "check", history: soleArgument(positionals.slice(1), "a history file"), json };
  }
  const selection = selectionOf(values);
  if (values.list === true) return { type: "list", selection };
  return {
    type: "run",
    harness: soleArgument(positionals, "a module that exports a harness, such as ./harness.js"),
    selection,
    repeat: repeatOf(values.repeat),
    seed: seedOf(values.seed),
    effort: effortOf(values.effort),
    report,
    markdown,
    json,
  };
}

function parseParameters(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError) || !String(codeOf(error)).startsWith("ERR_PARSE_ARGS")) throw error;
    // The remaining sentences explain arguments that begin with a hyphen.
    throw new UsageError(`${error.message.split(/\.\s/u)[0]?.replace(/\.$/u, "")}.`);
  }
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

function soleArgument(values: readonly string[], description: string): string {
  const [value, ...unexpected] = values;
  if (value === undefined) throw new UsageError(`Missing argument. Specify ${description}.`);
  if (unexpected.length > 0)
    throw new UsageError(`Unexpected argument ${unexpected.join(" ")}. Specify only ${description}.`);
  return value;
}

function selectionOf(values: { tier?: string[]; case?: string[] }): Selection {
  const chosenTiers = splitValues(values.tier);
  const chosenCases = splitValues(values.case)?.map((id) => id.toUpperCase());
  for (const tier of chosenTiers ?? []) {
    if (!isTier(tier)) throw new UsageError(`Unknown tier ${tier}. Use one of ${tiers.join(", ")}.`);
  }
  for (const id of chosenCases ?? []) {
    if (!cases.some((each) => each.id === id))
      throw new UsageError(`Unknown case ${id}. Run with --list to see all cases.`);
  }
  return {
    ...(chosenTiers === undefined ? {} : { tiers: chosenTiers.filter(isTier) }),
    ...(chosenCases === undefined ? {} : { cases: chosenCases }),
  };
}

/** Options may be repeated, and each occurrence may list several values. */
function splitValues(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((value) => value.split(",")).map((value) => value.trim());
}

function isTier(value: string): value is Tier {
  return (tiers as readonly string[]).includes(value);
}

function repeatOf(text = "1"): number {
  if (!/^[1-9]\d{0,6}$/u.test(text))
    throw new UsageError(`\`--repeat\` must be an integer from 1 to 9999999, but was ${text}.`);
  return Number(text);
}

function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === "random") return randomInt(2 ** 31);
  if (!/^-?\d{1,15}$/u.test(text))
    throw new UsageError(`\`--seed\` must be an integer or "random", but was ${text}.`);
  return Number(text);
}

function effortOf(text: string | undefined): Effort | undefined {
  if (text === undefined || isEffort(text)) return text;
  throw new UsageError(`\`--effort\` must be "quick" or "full", but was ${text}.`);
}
