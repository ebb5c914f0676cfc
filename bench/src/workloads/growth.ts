import { withAgent } from "../clients/agent-thread.ts";
import type { ModelClient } from "../clients/client.ts";
import { turnMessages } from "../messages.ts";
import type { Workload, WorkloadCase } from "./workload.ts";

/** A conversation that grows by one turn at a time and is saved after each. */
export const growth: Workload = {
  name: "growth",
  description: "A conversation of T turns, saved after each.",
  cases: (scale) =>
    (scale === "quick" ? [10, 20, 40] : [10, 50, 100, 200, 800, 1000]).map((turns) =>
      growing(turns, "direct"),
    ),
  grows: true,
  warmUp: { case: growing(50, "direct"), rounds: 24 },
};

/** The same, with the code of a model request running between saves. */
export const growthInService: Workload = {
  name: "growth in a service",
  description:
    "The same, with a model called through the `openai` package, whose code runs between saves and leaves caches cold.",
  cases: (scale) => [growing(scale === "quick" ? 20 : 200, "openai")],
  withoutPeers: true,
  warmUp: { case: growing(50, "openai"), rounds: 24 },
};

function growing(turns: number, modelClient: ModelClient): WorkloadCase {
  return {
    name: `T = ${turns}`,
    size: turns,
    // There are goals for 800 turns.
    ...(turns > 200 && { rounds: turns > 800 ? 1 : 3, peerRounds: 1 }),
    suits: ({ savesAlone }) => savesAlone !== true || modelClient === "direct",
    async run({ client, watch }) {
      // Stores open their backend at the first call, and the raw clients before it. The case `cold start` measures that.
      const first = withAgent(client, "first", modelClient);
      await first.add(turnMessages(0));
      await first.save();
      watch.restart();
      const conversation = withAgent(client, "growing", modelClient);
      for (let turn = 0; turn < turns; turn += 1) {
        await conversation.add(turnMessages(turn));
        await watch.step(() => conversation.save());
      }
    },
  };
}
