import { randomUUID } from "node:crypto";
import { validate, deltaChannelHistoryTests } from "@langchain/langgraph-checkpoint-validation";
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
  // While the cases are defined and while they run. Other files share this worker.
  setGlobals();
  beforeAll(setGlobals);
  afterAll(() => {
    for (const global of Object.keys(GLOBALS)) Reflect.deleteProperty(globalThis, global);
  });

  const initializer = {
    checkpointerName: name,
    createCheckpointer: async () => new ThreadStoreSaver({ store: store().namespace(randomUUID()) }),
  };
  validate(initializer);
  deltaChannelHistoryTests(initializer);
}

function setGlobals(): void {
  Object.assign(globalThis, GLOBALS);
}
