import { expect, it } from "vitest";
import { deferred } from "../runtime/deferred.ts";
import { callsInOrder } from "./calls-in-order.ts";

it("runs calls in their order, also after one that fails", async () => {
  const inOrder = callsInOrder();
  const order: string[] = [];
  const slow = deferred<void>();
  const first = inOrder(async () => {
    await slow.promise;
    order.push("first");
    throw new Error("The first call failed.");
  });
  const second = inOrder(async () => order.push("second"));
  slow.resolve();
  await expect(first).rejects.toThrow("The first call failed.");
  expect(await second).toBe(2);
  expect(await inOrder(async () => "third")).toBe("third");
  expect(order).toEqual(["first", "second"]);
});

it("does not let calls with different keys wait for each other", async () => {
  const inOrder = callsInOrder();
  const slow = deferred<string>();
  const first = inOrder(async () => slow.promise, "a");
  expect(await inOrder(async () => "b", "b")).toBe("b");
  let isStarted = false;
  const waiting = inOrder(async () => (isStarted = true), "a");
  await Promise.resolve();
  expect(isStarted).toBe(false);
  slow.resolve("a");
  expect(await first).toBe("a");
  expect(await waiting).toBe(true);
});
