import { randomUUID } from "node:crypto";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import type { ThreadStore } from "@threadstore/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ThreadStoreSaver } from "./saver.ts";

/** The globals that LangGraph's validation package expects of Vitest. */
const GLOBALS = { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it };

/**
 * Defines all cases of LangGraph's validation package, and those for delta channels that it leaves to each saver. Each
 * saver uses a separate namespace of the store.
 */
export function validateSaver(name: string, store: () => ThreadStore): void {
  const create = async () => new ThreadStoreSaver({ store: store().namespace(randomUUID()) });
  defineCases("validation", name, create);
  defineCases("delta channels", name, create);
}

/** Defines cases of LangGraph's validation package for savers that share nothing. */
export function defineCases(
  cases: "validation" | "delta channels",
  checkpointerName: string,
  createCheckpointer: () => Promise<BaseCheckpointSaver>,
): void {
  // While the cases are defined and while they run. Other files share this worker.
  setGlobals();
  beforeAll(setGlobals);
  afterAll(() => {
    for (const global of Object.keys(GLOBALS)) Reflect.deleteProperty(globalThis, global);
  });
  const define = cases === "validation" ? validate : deltaChannelHistoryTests;
  define({ checkpointerName, createCheckpointer });
}

function setGlobals(): void {
  Object.assign(globalThis, GLOBALS);
}
