import { ThreadStoreError } from "@threadstore/core";
import type { PeerClient } from "../engines/child-process/child-client.ts";
import { type CaseContext, type ConformanceCase, section } from "../suite/conformance-case.ts";
import { broken, describeError, loaded, outcomeOf, same } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";

/** Counts up by load and save, again and again until a save goes through. */
async function increment(peer: PeerClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const current = await peer.load("counter");
    const { n: before = 0 }: { n?: number } = current?.thread ?? {};
    const outcome = await outcomeOf(() =>
      peer.save("counter", { n: before + 1 }, { previous: current?.version }),
    );
    if (outcome.state === "resolved") return;
    if (!ThreadStoreError.is(outcome.error, "CONFLICT")) throw outcome.error;
  }
}

/** How often each process counts up. */
const STEPS = { quick: 5, full: 25 } as const;

async function countUpInProcesses({ openPeer, open, settings, signal }: CaseContext): Promise<void> {
  const peers = await Promise.all(range(4).map(() => openPeer()));
  const steps = STEPS[settings.effort];
  await Promise.all(
    peers.map(async (peer) => {
      for (let step = 0; step < steps; step += 1) await increment(peer, signal);
    }),
  );
  const { thread } = await loaded(await open(), "counter", "it is there");
  same(thread, { n: 4 * steps }, `${4 * steps} increments by 4 processes make ${4 * steps}`);
}

export const processes: ConformanceCase[] = section("Processes", "concurrent", [
  {
    id: "K05",
    title: "4 processes count up without losing a step",
    clauses: ["C4"],
    powers: ["peer"],
    timeoutMs: 60_000,
    run: countUpInProcesses,
  },
  {
    id: "R03",
    title: "a process whose store is closed ends by itself",
    tier: "hygiene",
    clauses: ["F3", "F6"],
    powers: ["peer"],
    timeoutMs: 30_000,
    async run({ openPeer }) {
      const peer = await openPeer();
      const { version } = await peer.save("a", { n: 1 }, {});
      await outcomeOf(() => peer.save("a", { n: 2 }, {}));
      await peer.load("nothing");
      await peer.delete("a", { previous: version });
      const outcome = await outcomeOf(() => peer.end());
      if (outcome.state === "rejected")
        broken("a process whose store is closed ends by itself", describeError(outcome.error));
    },
  },
]);
