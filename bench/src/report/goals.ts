import type { Group, Result } from "../measure/result.ts";
import type { CaseKey } from "../results/results-file.ts";
import { RAW_NAME } from "./table.ts";

/** A target for the stores, as a number that a run yields. */
export interface Goal {
  readonly text: string;
  readonly backend: string;
  readonly limit: number;
  readonly direction: "at least" | "at most";
  /** `undefined` if the run did not measure it. */
  readonly value: (find: Find) => number | undefined;
}

/** Finds the result of a subject, measured with the stores unless `group` is `"peers"`. */
export type Find = (workload: string, name: string, subject: string, group?: Group) => Result | undefined;

type Measure = (result: Result) => number | null;

const AGENT_TEXT = "ours, agent's text";
const OBJECTS = "ours, objects";
const DELTA = "delta by hand";
const wall: Measure = ({ wallMs }) => wallMs;
const cpu: Measure = ({ cpuMs }) => cpuMs;
const p99: Measure = ({ p99Ms }) => p99Ms;
const sentOrWritten: Measure = ({ sent, written }) => (sent > 0 ? sent : written);

function ratio(of: Result | undefined, to: Result | undefined, measure: Measure): number | undefined {
  const [above, below] = [of && measure(of), to && measure(to)];
  return above === undefined || above === null || !below ? undefined : above / below;
}

function atMost(backend: string, limit: number, what: string, value: Goal["value"]): Goal {
  return { text: what, backend, limit, direction: "at most", value };
}

function atLeast(backend: string, limit: number, what: string, value: Goal["value"]): Goal {
  return { text: what, backend, limit, direction: "at least", value };
}

/** Limits of the time and CPU time of growth, as ratios to a delta by hand. */
const growthLimits = {
  sqlite: 1.25,
  "sqlite-normal": 1.5,
  "file-system": 1.25,
  redis: 1.25,
  postgres: 1.25,
  "azure-blob": 1.25,
} as const;

const BACKENDS = [...Object.keys(growthLimits), "s3"];

const growthGoals = Object.entries(growthLimits).flatMap(([backend, limit]): readonly Goal[] => [
  ...["T = 200", "T = 800"].flatMap((name) =>
    Object.entries({ wall, CPU: cpu }).map(([quantity, measure]) =>
      atMost(backend, limit, `growth, ${name}, agent's text: ${quantity} to delta by hand`, (find) =>
        ratio(find("growth", name, AGENT_TEXT), find("growth", name, DELTA), measure),
      ),
    ),
  ),
  atMost(backend, 1.3, "growth, T = 200, agent's text: last 20 saves to first 20", (find) => {
    return find("growth", "T = 200", AGENT_TEXT)?.lastToFirst ?? undefined;
  }),
  atMost(backend, 10.5, "bytes of 800 turns to those of 100", (find) =>
    ratio(find("growth", "T = 800", AGENT_TEXT), find("growth", "T = 100", AGENT_TEXT), sentOrWritten),
  ),
]);

/** S3 cannot change parts of an object, so its limit is a ratio to the smallest request: see decision 91. */
const s3Goal = atMost("s3", 1.25, "growth, T = 200, agent's text: wall to one byte", (find) =>
  ratio(find("growth", "T = 200", AGENT_TEXT), find("growth", "T = 200", "raw, one byte"), wall),
);

/** Calls of the raw client that take less are so short that a ratio says nothing: the limit is what a store adds. */
const SHORT_CALL_MS = 0.3;

const pointGoals = BACKENDS.flatMap((backend) =>
  ["save", "load"].flatMap((workload) =>
    ["5 KB", "50 KB", "2 MB"].flatMap((size): readonly Goal[] => [
      atMost(backend, 1.3, `${workload}, ${size}: wall to raw`, (find) => {
        const raw = find(workload, size, RAW_NAME);
        if (raw === undefined || raw.stepMs <= SHORT_CALL_MS) return undefined;
        return ratio(find(workload, size, OBJECTS), raw, wall);
      }),
      atMost(backend, 15, `${workload}, ${size}: µs of CPU more than raw`, (find) => {
        const [ours, raw] = [find(workload, size, OBJECTS), find(workload, size, RAW_NAME)];
        if (ours === undefined || raw === undefined || raw.stepMs > SHORT_CALL_MS) return undefined;
        return (ours.cpuMs / ours.steps - raw.cpuMs / raw.steps) * 1000;
      }),
    ]),
  ),
);

const warmGoals = ["redis", "postgres", "azure-blob", "s3"].map((backend) =>
  atMost(backend, 1000, "warm load, 2 MB, unchanged: bytes received each", (find) => {
    const warm = find("warm load", "2 MB", OBJECTS);
    return warm && warm.received / warm.steps;
  }),
);

const concurrentGoals = BACKENDS.flatMap((backend): readonly Goal[] => {
  const name = "64 conversations";
  return [
    atLeast(backend, 0.9, "64 conversations, agent's text: throughput to raw", (find) =>
      ratio(find("concurrent", name, RAW_NAME), find("concurrent", name, AGENT_TEXT), wall),
    ),
    atMost(backend, 1.3, "64 conversations, agent's text: p99 to raw", (find) =>
      ratio(find("concurrent", name, AGENT_TEXT), find("concurrent", name, RAW_NAME), p99),
    ),
  ];
});

const peerLimits = [
  ["sqlite-normal", "Mastra", "growth", "T = 200", 2.5],
  ["sqlite-normal", "Mastra", "load", "50 KB", 10],
  ["sqlite-normal", "LangGraph, put", "growth", "T = 200", 8],
  ["sqlite-normal", "LangGraph, graph", "growth", "T = 200", 40],
  ["sqlite", "Keyv", "growth", "T = 200", 3.5],
  ["redis", "Keyv", "growth", "T = 200", 3],
  ["file-system", "unstorage", "growth", "T = 200", 2],
  ["redis", "unstorage", "growth", "T = 200", 3.5],
  ["postgres", "LangGraph, put", "growth", "T = 200", 8],
  ["postgres", "LangGraph, graph", "growth", "T = 200", 40],
] as const;

const peerGoals = peerLimits.map(([backend, peer, workload, name, limit]) =>
  atLeast(backend, limit, `${workload}, ${name}: wall of ${peer} to ours`, (find) =>
    ratio(
      find(workload, name, peer, "peers"),
      find(workload, name, workload === "growth" ? AGENT_TEXT : OBJECTS, "peers"),
      wall,
    ),
  ),
);

/** Core's own time a save, at any length of the conversation: the mean of all saves, which never wait. */
const coreGoals = [50, 200, 800].map((turns) =>
  atMost("core", 50, `growth, T = ${turns}, parts: µs a save`, (find) => {
    const result = find("growth", `T = ${turns}`, "ours, parts");
    return result && (result.wallMs * 1000) / result.steps;
  }),
);

export const goals: readonly Goal[] = [
  ...coreGoals,
  ...growthGoals,
  s3Goal,
  ...peerGoals,
  ...pointGoals,
  ...warmGoals,
  ...concurrentGoals,
];

/** Returns the subjects whose results a goal needs in a case. */
export function goalsOf({ backend, workload, case: name, group }: CaseKey): ReadonlySet<string> {
  const subjects = new Set<string>();
  for (const goal of goals) {
    if (goal.backend !== backend) continue;
    goal.value((...[itsWorkload, itsName, subject, itsGroup = "stores"]) => {
      if (itsWorkload === workload && itsName === name && itsGroup === group) subjects.add(subject);
      return undefined;
    });
  }
  return subjects;
}
