// A child process of the tests, which answers a list of waiting conversations. Its arguments are the store, the log of the
// tool's runs, and the clicks. The tests can click themselves.
import { appendFileSync } from "node:fs";
import type { ThreadStore } from "@threadstore/core";
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import { AgentError } from "../agent-error.ts";
import type { ApprovalDecision } from "../run/run-options.ts";
import {
  callMessage,
  scriptedAgent,
  type ScriptedAgent,
  scriptModel,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import { openConversation } from "./open-conversation.ts";

export interface Clicks {
  readonly decisions: readonly { readonly id: string; readonly approvals: readonly ApprovalDecision[] }[];
  /** The conversations in whose tool the process is killed. */
  readonly dieIn?: readonly string[];
}

/** The errors of a click that another one preceded. */
const LATE_CLICKS = ["APPROVAL_DECIDED", "APPROVAL_STALE", "CONVERSATION_CONFLICT"];

/** Returns an agent that pays once a person approves, and appends the conversation to the log when it does. */
export function payingAgent(log: string, dieIn: readonly unknown[] = []): ScriptedAgent {
  const pay = defineTool<{ id?: string }>({
    name: "pay",
    needsApproval: true,
    run: ({ id }) => {
      appendFileSync(log, `${id}\n`);
      if (dieIn.includes(id)) process.kill(process.pid, "SIGKILL");
      return "paid";
    },
  });
  const model = scriptModel(
    ...Array.from(
      { length: 1000 },
      () =>
        ({ messages }: { messages: readonly { content: string | null }[] }) => ({
          message:
            messages.length === 1
              ? callMessage(["call_0", "pay", JSON.stringify({ id: messages[0]?.content })])
              : { role: "assistant", content: "done" },
        }),
    ),
  );
  return scriptedAgent(model, { tools: [pay] });
}

/** Passes the decisions to the conversations, as if a person clicked. The clicks may kill this process. */
export async function click(store: ThreadStore, log: string, { decisions, dieIn }: Clicks): Promise<void> {
  const agent = payingAgent(log, dieIn);
  for (const { id, approvals } of decisions) {
    try {
      await openConversation({ agent, store, id }).resume({ approvals });
    } catch (error) {
      if (!AgentError.is(error) || !LATE_CLICKS.includes(error.code)) throw error;
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  const [location = "", log = "", clicks = ""] = process.argv.slice(2);
  await using store = await openStore(JSON.parse(location) as StoreLocation);
  await click(store, log, JSON.parse(clicks) as Clicks);
}
