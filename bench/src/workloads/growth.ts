import { withAgent } from "../keepers/agent-thread.ts";
import type { ModelClient } from "../keepers/keeper.ts";
import { turnMessages } from "../turns.ts";
import type { Workload, WorkloadCase } from "./workload.ts";

/** A conversation that grows by a turn and is saved after each. */
export const growth: Workload = {
  name: "growth",
  description: "A conversation of T turns, saved after each.",
  cases: (scale) =>
    (scale === "quick" ? [20, 40] : [50, 100, 200, 400, 800]).map((turns) => growing(turns, "in place")),
  warmUp: { case: growing(50, "in place"), rounds: 24 },
};

/** The same where other code than the agent's own runs in between: a request to the model takes more of it. */
export const growthInService: Workload = {
  name: "growth in a service",
  description:
    "The same, with a model behind the `openai` package, whose code runs between two saves and leaves caches cold.",
  cases: (scale) => [growing(scale === "quick" ? 20 : 200, "openai")],
  warmUp: { case: growing(50, "openai"), rounds: 24 },
};

function growing(turns: number, client: ModelClient): WorkloadCase {
  return {
    name: `T = ${turns}`,
    size: turns,
    ...(turns > 200 && { rounds: 1 }),
    suits: ({ savesAlone }) => savesAlone !== true || client === "in place",
    async run({ keeper, watch }) {
      const conversation = withAgent(keeper, "growing", client);
      for (let turn = 0; turn < turns; turn += 1) {
        await conversation.add(turnMessages(turn));
        await watch.step(() => conversation.save());
      }
    },
  };
}
