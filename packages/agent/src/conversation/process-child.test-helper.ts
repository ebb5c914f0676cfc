import { appendFileSync } from "node:fs";
import type { ThreadStore } from "@threadstore/core";
import { openStore, type StoreLocation } from "@threadstore/test-stores";
import type { OpenTurnPolicy } from "../run/run-options.ts";
import {
  callMessage,
  scriptedAgent,
  type ScriptedMessage,
  scriptModel,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { Tool } from "../tools/tool.ts";
import { openConversation } from "./open-conversation.ts";

// A child process of the tests. Its arguments are the store and the task. The tests can perform a task themselves.

export interface Task {
  readonly inputs: readonly string[];
  readonly onConflict?: "rebase" | "retry";
  readonly lease?: boolean;
  /** @default 60000 */
  readonly leaseMs?: number;
  readonly journal?: boolean;
  /** The save of the thread before or after which the process is killed, or the tool in which it is. */
  readonly killAt?: { readonly save: number; readonly when: string } | undefined;
  readonly openTurn?: OpenTurnPolicy | undefined;
  /** Whether each input is its own key. */
  readonly hasKeys?: boolean;
  /** The file to which tools append the calls that they run. Without it, the model echoes its input. */
  readonly log?: string;
}

/** Runs a turn for each input. The task may kill this process. */
export async function performTask(
  opened: ThreadStore,
  {
    inputs,
    onConflict,
    lease = false,
    journal = false,
    leaseMs = 60_000,
    killAt,
    openTurn,
    hasKeys,
    log = "",
  }: Task,
): Promise<void> {
  const loggingTool = (name: string): Tool =>
    defineTool({
      name,
      run: (_args, { operationId }) => {
        appendFileSync(log, `${name} ${operationId}\n`);
        if (killAt?.save === 0 && killAt.when === name) die();
        return `${name} done`;
      },
    });
  const callsTools = log !== "";
  const model = scriptModel(
    ...Array.from({ length: 1000 }, () => ({ messages }: { messages: readonly ScriptedMessage[] }) => ({
      message: respond(messages, callsTools),
    })),
  );
  const conversation = openConversation({
    agent: scriptedAgent(model, { tools: ["left", "right", "last"].map(loggingTool) }),
    store: dyingStore(opened, killAt),
    id: "c",
    onConflict,
    journal,
    // Long enough that a process on a busy machine does not lose it. Tests delete the lease of a process that was
    // killed.
    lease: journal || lease ? { durationMs: leaseMs, waitMs: 60_000 } : false,
  });
  for (const input of inputs) {
    await conversation.run(input, { openTurn, key: hasKeys === true ? input : undefined });
  }
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("The process survived SIGKILL.");
}

/** Returns the store, except that the process dies at one of its saves. */
function dyingStore(store: ThreadStore, killAt: Task["killAt"]): ThreadStore {
  let saves = 0;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== "save") return typeof member === "function" ? member.bind(target) : member;
      return async (...args: Parameters<ThreadStore["save"]>) => {
        saves += 1;
        if (killAt?.save === saves && killAt.when === "before") die();
        const stored = await store.save(...args);
        if (killAt?.save === saves && killAt.when === "after") die();
        return stored;
      };
    },
  });
}

/** Depends on the messages only, so that any process gets the same responses. */
function respond(messages: readonly ScriptedMessage[], callsTools: boolean): ScriptedMessage {
  if (!callsTools) return { role: "assistant", content: `re: ${messages.at(-1)?.content ?? ""}` };
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
  const results = turn.filter(({ role }) => role === "tool").length;
  if (results === 0) return callMessage(["1", "left", "{}"], ["2", "right", "{}"]);
  return results === 2 ? callMessage(["3", "last", "{}"]) : { role: "assistant", content: "done" };
}

if (process.argv[1] === import.meta.filename) {
  const [location = "", task = ""] = process.argv.slice(2);
  await using store = await openStore(JSON.parse(location) as StoreLocation);
  await performTask(store, JSON.parse(task) as Task);
}
