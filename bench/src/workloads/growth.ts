import { withAgent } from "../keepers/agent-thread.ts";
import { turnMessages } from "../turns.ts";
import type { Workload } from "./workload.ts";

/** A conversation that grows by a turn and is saved after each. */
export const growth: Workload = {
  name: "growth",
  description: "A conversation of T turns, saved after each.",
  cases: (scale) =>
    (scale === "quick" ? [20, 40] : [50, 100, 200, 400, 800]).map((turns) => ({
      name: `T = ${turns}`,
      size: turns,
      ...(turns > 200 && { rounds: 1 }),
      suits: () => true,
      async run({ keeper, watch }) {
        const conversation = withAgent(keeper.conversation("growing"));
        for (let turn = 0; turn < turns; turn += 1) {
          await conversation.add(turnMessages(turn));
          await watch.step(() => conversation.save());
        }
      },
    })),
};
