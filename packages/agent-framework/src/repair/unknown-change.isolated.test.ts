import { beforeEach, expect, test, vi } from "vitest";
import { repairAgentFrameworkThread } from "../index.ts";

/** The change that the agent package makes in each round of a repair, and the number of rounds. */
const repair = vi.hoisted(() => ({ action: "rewrite", rounds: 1 }));

// A later version of the agent package can make changes that this package does not know.
vi.mock("@threadstore/agent/provider", async (load) => {
  const provider = await load<typeof import("@threadstore/agent/provider")>();
  const change = { code: "text-malformed", path: "$.messages[1]", message: "A later kind of change." };
  return {
    ...provider,
    repairThread(thread: object): object {
      repair.rounds -= 1;
      return { thread, changes: repair.rounds < 0 ? [] : [{ ...change, action: repair.action }] };
    },
  };
});

const contentsOf = (text: string): object[] => [{ $type: "text", text }];
const messages = [
  { role: "user", contents: contentsOf("Keep this.") },
  { role: "assistant", contents: contentsOf("Keep this, too.") },
];
const session = JSON.stringify({ stateBag: { InMemoryChatHistoryProvider: { messages } } });

beforeEach(() => Object.assign(repair, { action: "rewrite", rounds: 1 }));

test("a rewrite that this package does not know removes nothing", () => {
  const { text, changes } = repairAgentFrameworkThread(session, "synthesize");
  expect(changes).toMatchObject([{ action: "rewrite", message: "A later kind of change." }]);
  expect(JSON.parse(text)).toEqual(JSON.parse(session));
});

test("a removal for a reason that this package does not know removes the content", () => {
  repair.action = "drop";
  const { text } = repairAgentFrameworkThread(session, "synthesize");
  expect(text).toContain('"Keep this."');
  expect(text).not.toContain("Keep this, too.");
});

test("a rewrite that has no effect rejects the repair", () => {
  repair.rounds = Infinity;
  expect(() => repairAgentFrameworkThread(session, "synthesize")).toThrow(
    expect.objectContaining({
      code: "THREAD_INVALID",
      message: expect.stringMatching(/cannot be repaired\.$/u) as unknown,
    }),
  );
});
