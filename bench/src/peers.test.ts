import { expect, it } from "vitest";
import type { Subject } from "./clients/client.ts";
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
    leftOut: [
      { name: "Keyv", reason: "Could not locate the bindings file" },
      { name: "OpenDAL", reason: "Cannot find native binding" },
    ],
  });
});
