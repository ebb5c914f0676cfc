import { afterEach, expect, it, vi } from "vitest";
import { isYieldDue, yieldToEventLoop } from "./yield-to-event-loop.ts";

afterEach(() => void vi.useRealTimers());

it("still yields after a test has moved the clock forward and back", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.advanceTimersByTime(86_400_000);
  await yieldToEventLoop();
  expect(isYieldDue()).toBe(false);
  vi.useRealTimers();
  expect(isYieldDue()).toBe(true);
});
