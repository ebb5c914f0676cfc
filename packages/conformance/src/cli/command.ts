import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { cases } from "../cases/index.ts";
import { type Tier, tiers } from "../suite/conformance-case.ts";
import type { Selection } from "../suite/selection.ts";
import { type Effort, isEffort } from "../suite/settings.ts";

/** What is wrong with the command line, or with what it names; told in one sentence, without a stack. */
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
  /** Where to write the report, as JSON and as Markdown. */
  readonly report: string | undefined;
  readonly markdown: string | undefined;
  /** Whether the report, and nothing else, goes to the standard output. */
  readonly json: boolean;
}

export type Command =
  | { readonly type: "help" }
  | { readonly type: "list"; readonly selection: Selection }
  | { readonly type: "check"; readonly history: string; readonly json: boolean }
  | RunCommand;

const options = {
  tier: { type: "string", multiple: true },
  case: { type: "string", multiple: true },
  repeat: { type: "string" },
  seed: { type: "string" },
  effort: { type: "string" },
  report: { type: "string" },
  markdown: { type: "string" },
  json: { type: "boolean" },
  list: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Throws a {@link UsageError} for a command line that is not understood. */
export function commandOf(parameters: readonly string[]): Command {
  const { values, positionals } = parsed(parameters);
  if (values.help === true) return { type: "help" };
  const { report, markdown, json = false } = values;
  if (positionals[0] === "check") {
    return { type: "check", history: onlyOne(positionals.slice(1), "a file with a history"), json };
  }
  const selection = selectionOf(values);
  if (values.list === true) return { type: "list", selection };
  return {
    type: "run",
    harness: onlyOne(positionals, "a module that exports a harness, such as ./harness.js"),
    selection,
    repeat: repeatOf(values.repeat),
    seed: seedOf(values.seed),
    effort: effortOf(values.effort),
    report,
    markdown,
    json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError) || !String(codeOf(error)).startsWith("ERR_PARSE_ARGS")) throw error;
    // What follows the first sentence is about arguments that begin with a hyphen.
    throw new UsageError(`${error.message.split(/\.\s/u)[0]?.replace(/\.$/u, "")}.`);
  }
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

function onlyOne(values: readonly string[], what: string): string {
  const [value, ...more] = values;
  if (value === undefined) throw new UsageError(`Name ${what}.`);
  if (more.length > 0) throw new UsageError(`Name only ${what}, without ${more.join(" ")}.`);
  return value;
}

function selectionOf(values: { tier?: string[]; case?: string[] }): Selection {
  const chosenTiers = listOf(values.tier);
  const chosenCases = listOf(values.case)?.map((id) => id.toUpperCase());
  for (const tier of chosenTiers ?? []) {
    if (!isTier(tier)) throw new UsageError(`There is no tier ${tier}: the tiers are ${tiers.join(", ")}.`);
  }
  for (const id of chosenCases ?? []) {
    if (!cases.some((each) => each.id === id)) throw new UsageError(`There is no case ${id}: see --list.`);
  }
  return {
    ...(chosenTiers === undefined ? {} : { tiers: chosenTiers.filter(isTier) }),
    ...(chosenCases === undefined ? {} : { cases: chosenCases }),
  };
}

/** Options may be given several times, and have several values each. */
function listOf(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((value) => value.split(",")).map((value) => value.trim());
}

function isTier(value: string): value is Tier {
  return (tiers as readonly string[]).includes(value);
}

function repeatOf(text = "1"): number {
  if (!/^[1-9]\d{0,6}$/u.test(text)) throw new UsageError(`--repeat takes a number from 1 on, not ${text}.`);
  return Number(text);
}

function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === "random") return randomInt(2 ** 31);
  if (!/^-?\d{1,15}$/u.test(text))
    throw new UsageError(`--seed takes a whole number, or random, not ${text}.`);
  return Number(text);
}

function effortOf(text: string | undefined): Effort | undefined {
  if (text === undefined || isEffort(text)) return text;
  throw new UsageError(`--effort takes quick or full, not ${text}.`);
}
