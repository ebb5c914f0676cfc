import { createHook } from "node:async_hooks";
import { expect, it, onTestFinished, vi } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import { temporaryFolder } from "./file-system.test-helper.ts";

/** Returns how many promises and timers exist more when a call returns its promise. */
async function startOf(call: () => Promise<unknown>): Promise<{ promises: number; timers: number }> {
  const counts = { promises: 0, timers: 0 };
  const hook = createHook({
    init(_, type) {
      if (type === "PROMISE") counts.promises += 1;
      if (type === "Timeout") counts.timers += 1;
    },
  });
  hook.enable();
  const result = call();
  hook.disable();
  await result;
  return counts;
}

it("a save and a load on a fast disk create no promise but that of the caller, and no timer", async () => {
  const folder = await temporaryFolder();
  // No sync takes any time, however busy the disk is.
  const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
  onTestFinished(() => clock.mockRestore());
  const store = fileSystemStore({ folder });
  const created = await store.save("thread", { messages: ["Hello"] });
  const previous = await store.save("thread", { messages: ["Hello", "Hi"] }, { previous: created });
  const thread = { messages: ["Hello", "Hi", "How are you?"] };
  const save = () => store.save("thread", thread, { previous });
  expect(await startOf(save)).toEqual({ promises: 1, timers: 0 });
  expect(await startOf(() => store.load("thread"))).toEqual({ promises: 1, timers: 0 });
  expect((await store.load("thread"))?.thread).toEqual(thread);
});
