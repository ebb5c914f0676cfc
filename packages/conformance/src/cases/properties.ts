import { faultyProperty } from "../engines/random/faulty/faulty-property.ts";
import { sequentialProperty } from "../engines/random/sequential-property.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";

const timeoutMs = 60_000;

/** Each call that meets a fault waits a while before it is made again. */
const faultyTimeoutMs = 120_000;

export const properties: ConformanceCase[] = section("Properties", "core", [
  {
    id: "P01",
    title: "random calls by one client do what a model of the contract does",
    clauses: ["V1", "E1", "E3", "C1", "C2", "C3", "N1", "N2", "N3", "L1", "L2", "L4", "T1", "T2", "M1"],
    timeoutMs,
    run: (context) => sequentialProperty(context, { clients: 1, reopens: false, timeoutMs }),
  },
  {
    id: "P02",
    title: "random calls by two clients in turn, which close and open anew, do what the model does",
    clauses: ["V1", "E1", "E3", "E4", "C1", "C2", "C3", "N1", "N2", "N3", "L1", "L2", "L4", "T1", "T2", "M1"],
    timeoutMs,
    run: (context) => sequentialProperty(context, { clients: 2, reopens: true, timeoutMs }),
  },
  {
    id: "P03",
    title:
      "random calls by three clients in turn, on a network that fails, leave nothing that no order explains",
    tier: "faults",
    clauses: ["C2", "C3", "C6", "E1", "E3", "E4", "F2", "F5", "M1", "V1"],
    powers: ["network"],
    timeoutMs: faultyTimeoutMs,
    run: (context) => faultyProperty(context, { timeoutMs: faultyTimeoutMs }),
  },
]);
