import type { RecordableHistogram } from "node:perf_hooks";
import { setImmediate as yieldToEventLoop, setTimeout as wait } from "node:timers/promises";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { type Message, turnMessages } from "../messages.ts";

/** What conversations call. */
export type ConversationStore = Pick<ThreadStore, "load" | "save" | "delete">;

export interface ConversationsOptions {
  readonly store: ConversationStore;
  readonly conversations: number;
  /** How long to run, in milliseconds. */
  readonly durationMs: number;
  /** The turns per second of all conversations together; as many as possible if `undefined`. */
  readonly turnsPerSecond?: number | undefined;
  /** Gets the time of each turn, in nanoseconds. */
  readonly histogram: RecordableHistogram;
  /** Distinguishes the threads of several runs and processes. */
  readonly name: string;
}

/** After so many turns, a conversation is deleted and another begins, so that a long run has threads of all lengths. */
const TURNS_PER_CONVERSATION = 20;
const NS_PER_MS = 1_000_000;

/** Runs conversations, and checks that all of their acknowledged turns are stored. */
export async function runConversations(options: ConversationsOptions): Promise<void> {
  const { conversations } = options;
  await Promise.all(Array.from({ length: conversations }, (_, index) => converse(options, index)));
}

async function converse(options: ConversationsOptions, index: number): Promise<void> {
  const { store, durationMs, histogram, name } = options;
  const dueAt = scheduleOf(options, index);
  const endsAt = performance.now() + durationMs;
  let id = "";
  let turns = 0;
  for (let n = 0; ; n += 1) {
    const due = dueAt(n);
    // Leaves time for the other conversations, also if the store never waits.
    await (due > performance.now() ? wait(due - performance.now()) : yieldToEventLoop());
    if (performance.now() >= endsAt) break;
    const turn = n % TURNS_PER_CONVERSATION;
    if (turn === 0) {
      if (id !== "") await store.delete(id);
      id = `${name}-${index}-${n}`;
    }
    // Without a schedule, from now on.
    const started = due > 0 ? due : performance.now();
    await takeTurn(store, id, turn);
    histogram.record(Math.max(1, Math.round((performance.now() - started) * NS_PER_MS)));
    turns = turn + 1;
  }
  if (turns > 0) checkTurns(id, await store.load(id), turns);
}

/** Throws an error if an acknowledged turn is missing. */
function checkTurns(id: string, stored: StoredThread | undefined, turns: number): void {
  const found = stored?.thread["turns"] ?? 0;
  if (found !== turns) throw new Error(`The thread ${id} has ${JSON.stringify(found)} of ${turns} turns.`);
}

/** Returns when the n-th turn of a conversation should start, on the clock of `performance.now()`; 0 for at once. */
function scheduleOf(
  { conversations, turnsPerSecond }: ConversationsOptions,
  index: number,
): (n: number) => number {
  if (turnsPerSecond === undefined) return () => 0;
  const intervalMs = (1000 * conversations) / turnsPerSecond;
  const first = performance.now() + (intervalMs * (index + Math.random())) / conversations;
  return (n) => first + n * intervalMs;
}

/** Loads a conversation and saves it with another turn, as a web service does. */
async function takeTurn(store: ConversationStore, id: string, turn: number): Promise<void> {
  const previous = await store.load(id);
  checkTurns(id, previous, turn);
  const messages = (previous?.thread["messages"] ?? []) as unknown as readonly Message[];
  const next = { turns: turn + 1, messages: [...messages, ...turnMessages(turn)] };
  await store.save(id, next, { previous });
}
