import { parseArgs } from "node:util";
import { backends } from "./backends/index.ts";
import { workloads } from "./workloads/index.ts";
import type { Scale } from "./workloads/workload.ts";

export const USAGE: string = `usage: npm run bench -- [options]
  --only NAMES      workloads: ${workloads.map(({ name }) => name).join(", ")}
  --backend NAMES   ${backends.map(({ name }) => name).join(", ")}
  --rounds N        how often each subject runs each case (5)
  --sizes NUMBERS   only cases of these sizes: turns, bytes or threads, such as 200,800
  --minutes N       ends the run after about N minutes: cases without a goal run fewer rounds, and the last ones not
                    at all. The most important run first: growth, saves and loads, other libraries, the rest
  --round-seconds N other libraries leave out longer conversations if a round would take more than this (60)
  --quick           tiny cases, to check that everything runs; the times mean nothing
  --no-peers        only the stores and the raw clients, without installing peer libraries
  --json FILE       adds the results to FILE after each case. They replace the same cases of earlier runs, and all
                    others keep their results, date and commit
  --from FILES      run nothing and use the results in FILES, the later ones for cases that several have
  --report          write bench/RESULTS.md and its plots from all results. The page says which cases did not run and
                    why, and which are of another commit or date

A report of several runs:
  npm run bench -- --json results.json --minutes 40
  npm run bench -- --json results.json --backend postgres --only growth
  npm run bench -- --from results.json --report
  npm run bench -- --from results.json,other.json --json merged.json --report`;

export interface CommandLine {
  readonly only: readonly string[];
  readonly backend: readonly string[];
  readonly rounds: number;
  readonly sizes: readonly number[] | undefined;
  readonly minutes: number | undefined;
  readonly roundSeconds: number;
  readonly scale: Scale;
  readonly peers: boolean;
  readonly json: string | undefined;
  readonly report: boolean;
  readonly from: readonly string[] | undefined;
}

/** Throws a `TypeError` for an unknown option or value. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    allowNegative: true,
    options: {
      only: { type: "string" },
      backend: { type: "string" },
      rounds: { type: "string", default: "5" },
      sizes: { type: "string" },
      minutes: { type: "string" },
      "round-seconds": { type: "string", default: "60" },
      quick: { type: "boolean", default: false },
      peers: { type: "boolean", default: true },
      json: { type: "string" },
      report: { type: "boolean", default: false },
      from: { type: "string" },
    },
  });
  return {
    only: namesOf(values.only, workloads),
    backend: namesOf(values.backend, backends),
    rounds: wholeNumber(values.rounds),
    sizes: values.sizes?.split(",").map(wholeNumber),
    minutes: values.minutes === undefined ? undefined : wholeNumber(values.minutes),
    roundSeconds: wholeNumber(values["round-seconds"]),
    scale: values.quick ? "quick" : "full",
    peers: values.peers,
    json: values.json,
    report: values.report,
    from: values.from?.split(","),
  };
}

function namesOf(text: string | undefined, known: readonly { readonly name: string }[]): readonly string[] {
  const all = known.map(({ name }) => name);
  const names = text?.split(",").map((name) => name.trim()) ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new TypeError(`Unknown name: ${unknown}. Use one of ${all.join(", ")}.`);
  return names;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`${text} must be a positive integer.`);
  return value;
}
