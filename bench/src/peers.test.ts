import { expect, it } from "vitest";
import type { Backend, Subject } from "./clients/client.ts";
import { runPlan } from "./measure/run-plan.ts";
import { usablePeers } from "./peers.ts";

const SUBJECT: Subject = {
  name: "installed",
  role: "peer",
  open: () => Promise.reject(new Error("Not opened in this test.")),
};
const PEERS = [
  {
    name: "Keyv",
    load: () => Promise.reject(new Error("Could not locate the bindings file. Tried:\n → a\n → b")),
  },
  { name: "Mastra", load: async () => [SUBJECT] },
  { name: "OpenDAL", load: () => Promise.reject(new Error("Cannot find native binding.")) },
];

it("a peer that this machine cannot run is left out, with the first sentence of the reason", async () => {
  expect(await usablePeers(PEERS)).toEqual({
    subjects: [SUBJECT],
    leftOut: ["Keyv: Could not locate the bindings file", "OpenDAL: Cannot find native binding"],
  });
});

it("a run names the peers that it leaves out, and does not count them as failures", async () => {
  const backend: Backend = {
    name: "sqlite",
    start: async () => ({ subjects: [], endpoint: undefined, stop: async () => undefined }),
  };
  const [leftOut, failures]: string[][] = [[], []];
  await runPlan(
    {
      backends: [backend],
      workloads: [],
      peersOf: () => usablePeers(PEERS),
      rounds: 1,
      scale: "quick",
      sizes: undefined,
    },
    {
      progress: () => undefined,
      results: () => undefined,
      failure: (text) => failures?.push(text),
      leftOut: (text) => leftOut?.push(text),
    },
  );
  expect(leftOut).toEqual([
    "sqlite, Keyv: Could not locate the bindings file",
    "sqlite, OpenDAL: Cannot find native binding",
  ]);
  expect(failures).toEqual([]);
});
