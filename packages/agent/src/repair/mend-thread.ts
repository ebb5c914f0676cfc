import type { SerializedThread } from "@threadstore/core";
import { unexpected, type JsonObject } from "../thread/json.ts";
import { mendCalls } from "./calls.ts";
import { withoutMember, type Draft, type RepairableKind } from "./draft.ts";
import { mendGoneTools } from "./gone-tools.ts";
import { mendIds } from "./ids.ts";
import type { Mender } from "./mender.ts";
import { dropDuplicates, dropEmpty, mendContents, readEntries } from "./messages.ts";
import { mendOrder } from "./order.ts";
import { readDamagedThread } from "./read-damaged-thread.ts";
import { mendResults } from "./results.ts";
import { closeTurn, finishTurn, mendTurn } from "./turn.ts";

/** What a thread is held to. */
export interface CheckOptions {
  /**
   * The names of the tools that there are. With it, calls of other tools are damage: Gemini, and Anthropic behind
   * some gateways, refuse them, and a model that reads them calls the tool again.
   * @default calls of any tool are fine
   */
  readonly tools?: readonly string[] | undefined;
  /**
   * What a turn is that waits for approval, or that a process left when it died. `"keep"`: an agent can `resume`
   * it, and it is no damage. `"close"`: it is damage, and a repair ends it, so that the thread can be run.
   * @default "keep"
   */
  readonly openTurn?: "keep" | "close" | undefined;
  /**
   * Hold the order of the messages to what Mistral and the chat templates of many open models demand, too: a system
   * message comes first or not at all, and between a tool's result and the user's next message the assistant speaks.
   * @default false
   */
  readonly strictOrder?: boolean | undefined;
}

/** Mends a copy of a thread. Throws `THREAD_INVALID` for what is no thread, `THREAD_TOO_NEW`, `INVALID_ARGUMENT`. */
export function mendThread(
  value: unknown,
  kinds: readonly RepairableKind[],
  mender: Mender,
  options: CheckOptions,
): SerializedThread {
  const tools = readTools(options);
  const { openTurn = "keep", strictOrder = false } = options;
  const { thread, list, wire } = readDamagedThread(value, kinds, mender);
  const draft: Draft = { wire, entries: readEntries(list, wire, mender), turn: thread["turn"] };
  if (openTurn === "close") closeTurn(draft, mender);
  // What one step takes out may leave something for a step before it, such as two equal messages side by side.
  for (let before = -1; before < mender.changes.length;) {
    before = mender.changes.length;
    mendContents(draft, mender);
    mendCalls(draft, mender);
    dropEmpty(draft, mender);
    dropDuplicates(draft, mender);
    mendTurn(draft, mender);
    mendResults(draft, mender);
    mendIds(draft, mender);
    if (tools !== undefined) mendGoneTools(draft, mender, tools);
    if (strictOrder && wire.takesStrictOrder) mendOrder(draft, mender);
  }
  return finish(leaveService(thread, mender), draft);
}

/** What was mended here is not mended where a service keeps the conversation: that begins anew from what is here. */
function leaveService(thread: JsonObject, mender: Mender): JsonObject {
  if (thread["service"] === undefined || mender.changes.length === 0) return thread;
  const message = "the service has the conversation as it was before it was mended";
  const found = { code: "service-outdated", path: "$.service", position: Infinity, message } as const;
  mender.mend(found, { drop: "the id by which the service knows it was dropped" });
  return withoutMember(thread, "service");
}

function readTools({ tools }: CheckOptions): ReadonlySet<string> | undefined {
  if (tools === undefined) return undefined;
  if (Array.isArray(tools) && tools.every((name) => typeof name === "string")) return new Set(tools);
  throw unexpected("INVALID_ARGUMENT", "tools", "an array of names", tools);
}

function finish(thread: JsonObject, draft: Draft): SerializedThread {
  const turn = finishTurn(draft);
  const messages = draft.entries.map(draft.wire.finish);
  return turn === undefined ? { ...withoutMember(thread, "turn"), messages } : { ...thread, messages, turn };
}
