import { parseArgs } from "node:util";
import { backends } from "./backends/index.ts";
import { workloads } from "./workloads/index.ts";
import type { Scale } from "./workloads/workload.ts";

export const usage: string = `usage: npm run bench -- [options]
  --only NAMES      workloads: ${workloads.map(({ name }) => name).join(", ")}
  --backend NAMES   ${backends.map(({ name }) => name).join(", ")}
  --rounds N        how often each contestant runs each case (3)
  --sizes NUMBERS   cases of these sizes alone: turns, bytes or threads, such as 200,800
  --quick           tiny cases: shows that everything runs, and says nothing of speed
  --no-peers        ours and the raw clients only, without installing anything
  --json FILE       write the results there; those of an earlier run in it are kept where this one has none
  --report          write docs/performance.md and its plots from the results
  --from FILE       run nothing, and use the results in that file`;

export interface CommandLine {
  readonly only: readonly string[];
  readonly backend: readonly string[];
  readonly rounds: number;
  readonly sizes: readonly number[] | undefined;
  readonly scale: Scale;
  readonly peers: boolean;
  readonly json: string | undefined;
  readonly report: boolean;
  readonly from: string | undefined;
}

/** Throws a `TypeError` for what it does not know. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    allowNegative: true,
    options: {
      only: { type: "string" },
      backend: { type: "string" },
      rounds: { type: "string", default: "3" },
      sizes: { type: "string" },
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
    scale: values.quick ? "quick" : "full",
    peers: values.peers,
    json: values.json,
    report: values.report,
    from: values.from,
  };
}

function namesOf(text: string | undefined, known: readonly { readonly name: string }[]): readonly string[] {
  const all = known.map(({ name }) => name);
  const names = text?.split(",").map((name) => name.trim()) ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new TypeError(`There is no ${unknown}. There are: ${all.join(", ")}.`);
  return names;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`${text} is not a whole number from 1.`);
  return value;
}
