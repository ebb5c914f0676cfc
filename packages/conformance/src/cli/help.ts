import { tiers } from "../suite/conformance-case.ts";

export const help: string = `Says whether a ThreadStore keeps its contract, and which clauses it breaks if not.

  threadstore-conformance [options] HARNESS
  threadstore-conformance check HISTORY

HARNESS is a module that exports a harness as "harness" or as its default. It may be TypeScript where Node.js
runs that. HISTORY is a history that the suite recorded; whether it is linearizable is checked again.

  --tier TIERS      only these tiers: ${tiers.join(", ")}
  --case CASES      only these cases, such as C4-1,C4-7
  --repeat COUNT    run each case so often, each time with the next seed, or until it fails
  --seed NUMBER     the seed of what cases choose at random, 1 if not given; "random" chooses one
  --effort EFFORT   full, or quick for a fraction of what takes long
  --report FILE     write the report as JSON
  --markdown FILE   write the report as Markdown
  --json            print the report as JSON, and no summary
  --list            print the cases, and run none
  -h, --help        print this

A check prints what it found of each thread, with --json as JSON.

--tier and --case can be given several times, and take several values with commas between them.

Exit codes: 0 every case that ran passed, or the history is linearizable; 1 not so, or no case passed; 2 the
command line, the harness or the history cannot be used.
`;
