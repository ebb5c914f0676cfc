import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import {
  isYieldDue,
  yieldToEventLoop,
  yieldToEventLoopAfter,
  yieldWhileWaiting,
} from "./yield-to-event-loop.ts";

afterEach(() => void vi.useRealTimers());

it("still yields after a test has moved the clock forward and back", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.advanceTimersByTime(86_400_000);
  await yieldToEventLoop();
  expect(isYieldDue()).toBe(false);
  vi.useRealTimers();
  expect(isYieldDue()).toBe(true);
});

it("does not yield after a response that took a turn of the event loop", async () => {
  await yieldToEventLoop();
  await wait(20);
  expect(isYieldDue()).toBe(true);
  yieldWhileWaiting();
  await wait(1);
  expect(isYieldDue()).toBe(false);
});

it("yields after a response that took none", async () => {
  await wait(20);
  const order: string[] = [];
  setImmediate(() => order.push("event loop"));
  yieldWhileWaiting();
  await yieldToEventLoopAfter(Promise.resolve(), () => order.push("end"));
  expect(order).toEqual(["event loop", "end"]);
});
