import { tiers } from "../suite/conformance-case.ts";

export const HELP: string = `Checks a ThreadStore against its contract and lists the clauses that it violates.

Usage:
  threadstore-conformance [options] HARNESS
  threadstore-conformance check [--json] HISTORY

HARNESS is a module that exports a harness as "harness" or as its default export. It can be TypeScript if your
version of Node.js runs TypeScript. HISTORY is a history that the suite recorded. The check determines again whether
it is linearizable, and prints a verdict for each thread.

Options:
  --tier TIERS      run only these tiers: ${tiers.join(", ")}
  --case CASES      run only these cases, such as C4-1,C4-7
  --repeat COUNT    run each case up to COUNT times, with the next seed each time, until it fails
  --seed NUMBER     seed for random choices, 1 by default; "random" picks one
  --effort EFFORT   full, or quick to repeat long cases less often
  --report FILE     write the report as JSON
  --markdown FILE   write the report as Markdown
  --json            print the report or the verdicts as JSON instead of text
  --list            list the cases without running them
  --version         print the version
  -h, --help        print this help

--tier and --case can be repeated and accept comma-separated values.

Exit codes:
  0  every case that ran passed, or the history is linearizable
  1  a case failed, no case passed, or the history is not known to be linearizable
  2  the command line, the harness or the history is invalid
`;
