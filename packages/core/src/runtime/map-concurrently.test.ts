import { expect, it } from "vitest";
import { deferred } from "./deferred.ts";
import { mapConcurrently } from "./map-concurrently.ts";

it("returns the results in the order of the items, whichever ends first", async () => {
  const [first, second] = [deferred<string>(), deferred<string>()];
  const results = mapConcurrently([first, second], ({ promise }) => promise);
  second.resolve("b");
  await second.promise;
  first.resolve("a");
  await expect(results).resolves.toEqual(["a", "b"]);
});

it.each([
  { items: 0, concurrency: 3, most: 0 },
  { items: 2, concurrency: 3, most: 2 },
  { items: 20, concurrency: 3, most: 3 },
  { items: 20, concurrency: undefined, most: 8 },
])("runs at most $most calls at a time for $items items", async ({ items, concurrency, most }) => {
  let running = 0;
  let highest = 0;
  const work = async (item: number): Promise<number> => {
    running += 1;
    highest = Math.max(highest, running);
    await Promise.resolve();
    running -= 1;
    return item;
  };
  const numbers = Array.from({ length: items }, (_, index) => index);
  await expect(mapConcurrently(new Set(numbers), work, concurrency)).resolves.toEqual(numbers);
  expect(highest).toBe(most);
});

it("starts nothing after a failure, and rejects when the calls in progress have settled", async () => {
  const slow = deferred<undefined>();
  const started: string[] = [];
  let isSettled = false;
  const results = mapConcurrently(
    ["slow", "fails", "never", "started"],
    async (name) => {
      started.push(name);
      if (name === "fails") throw new Error("failed");
      await slow.promise;
    },
    2,
  ).finally(() => (isSettled = true));
  const outcome = results.catch(String);
  await new Promise((resolve) => setImmediate(resolve));
  expect({ isSettled, started }).toEqual({ isSettled: false, started: ["slow", "fails"] });
  slow.resolve(undefined);
  await expect(outcome).resolves.toBe("Error: failed");
  expect(started).toEqual(["slow", "fails"]);
});
