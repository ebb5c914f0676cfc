import { memoryStore, type ThreadStore } from "@threadstore/core";
import { beforeEach, describe, expect, it } from "vitest";
import { Ledger } from "./ledger.ts";
import { contentOf, type Step, take } from "./step.ts";

let store: ThreadStore;
let ledger: Ledger;
beforeEach(() => {
  store = memoryStore();
  ledger = new Ledger(5_000);
});

function step(number: number, action: Step["action"], after: string | null): Step {
  return { number, thread: { id: "a" }, action, size: 50, after };
}

async function takeAndTell(taken: Step): Promise<string | null> {
  ledger.note({ type: "begun", step: taken });
  const version = await take(taken, store);
  ledger.note({ type: "done", number: taken.number, version });
  return version;
}

const check = (): Promise<void> => ledger.check(store, "after a kill");

describe("a ledger", () => {
  it("takes for right what was acknowledged, and what was in flight, in either way", async () => {
    const first = await takeAndTell(step(1, "create", null));
    await check();
    const second = step(2, "replace", first);
    ledger.note({ type: "begun", step: second });
    await check();
    expect(ledger.threads).toEqual([step(1, "create", null)]);
    const version = await take(second, store);
    await check();
    expect(ledger.threads).toEqual([second]);
    expect(ledger.versionOf(second.thread)).toBe(version);
    ledger.note({ type: "begun", step: step(3, "delete", version) });
    await store.delete("a");
    await check();
    expect(ledger.threads).toEqual([]);
    expect(ledger.nextNumber).toBe(4);
  });

  it("waits a while for what a killed process had sent, and not for ever", async () => {
    ledger.note({ type: "begun", step: step(1, "create", null) });
    await check();
    expect(ledger.isOpen({ id: "a" })).toBe(true);
    const version = await take(step(1, "create", null), store);
    // The next process has seen it.
    ledger.note({ type: "begun", step: step(2, "replace", version) });
    expect(ledger.versionOf({ id: "a" })).toBe(version);
    await check();
    await check();
    expect(ledger.isOpen({ id: "a" })).toBe(false);
    await take(step(2, "replace", version), store);
    await expect(check()).rejects.toThrow(/and \{ number: 2/u);
  });

  it("believes no process that finds what nobody made", () => {
    expect(() => ledger.note({ type: "begun", step: step(1, "replace", "v9") })).toThrow(
      /it found "a" at "v9", and null was told/u,
    );
  });

  it("keeps to what it has seen", async () => {
    const first = await takeAndTell(step(1, "create", null));
    const second = step(2, "replace", first);
    ledger.note({ type: "begun", step: second });
    await take(second, store);
    await check();
    await store.save("a", contentOf(step(1, "create", null)), { overwrite: true });
    await expect(check()).rejects.toThrow(
      /step 2 \(replace "a"\) was acknowledged last for "a", and \{ number: 1/u,
    );
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["a thread that is gone", () => store.delete("a"), /for "a", and nothing was there/u],
    [
      "a mixture",
      () => store.save("a", { number: 2, end: 1 }, { overwrite: true }),
      /and \{ number: 2, end: 1 \} was/u,
    ],
    [
      "another version of the same",
      () => store.save("a", contentOf(step(1, "create", null)), { overwrite: true }),
      /the version of a thread stays as its save told it/u,
    ],
    [
      "a thread that nobody saved",
      () => store.save("debris", {}),
      /got \[ 'a', 'debris' \] instead of \[ 'a' \]/u,
    ],
  ])("finds %s", async (_, damage, failure) => {
    await takeAndTell(step(1, "create", null));
    await damage();
    const rejected = check();
    await expect(rejected).rejects.toThrow("(after a kill)");
    await expect(rejected).rejects.toThrow(failure);
  });

  it("finds a version that comes back", async () => {
    const version = await takeAndTell(step(1, "create", null));
    ledger.note({ type: "begun", step: step(2, "replace", version) });
    expect(() => ledger.note({ type: "done", number: 2, version })).toThrow(/from step 1 and from step 2/u);
  });

  it("takes a CONFLICT for nothing done, and any other failure for something perhaps", async () => {
    const first = await takeAndTell(step(1, "create", null));
    ledger.note({ type: "begun", step: step(2, "replace", first) });
    ledger.note({ type: "failed", number: 2, doing: "step 2", error: "", code: "UNAVAILABLE" });
    expect(ledger.isOpen({ id: "a" })).toBe(true);
    // It conflicts with that one.
    ledger.note({ type: "begun", step: step(3, "replace", first) });
    ledger.note({ type: "failed", number: 3, doing: "step 3", error: "", code: "CONFLICT" });
    await take(step(2, "replace", first), store);
    await check();
    ledger.note({ type: "begun", step: step(4, "replace", ledger.versionOf({ id: "a" })) });
    expect(() =>
      ledger.note({ type: "failed", number: 4, doing: "step 4", error: "", code: "CONFLICT" }),
    ).toThrow(/alone with its threads meets no CONFLICT/u);
  });
});
