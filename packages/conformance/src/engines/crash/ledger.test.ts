import { memoryStore, type ThreadStore } from "@threadstore/core";
import { beforeEach, describe, expect, it } from "vitest";
import { Ledger } from "./ledger.ts";
import { contentOf, performStep, type Step } from "./step.ts";

let store: ThreadStore;
let ledger: Ledger;
beforeEach(() => {
  store = memoryStore();
  ledger = new Ledger(5_000);
});

function step(number: number, action: Step["action"], previous: string | null): Step {
  return { number, thread: { id: "a" }, action, size: 50, previous };
}

async function performAndReport(performed: Step): Promise<string | null> {
  ledger.record({ type: "started", step: performed });
  const version = await performStep(performed, store);
  ledger.record({ type: "done", number: performed.number, version });
  return version;
}

const check = (): Promise<void> => ledger.check(store, "after a kill");

describe("Ledger", () => {
  it("accepts acknowledged states, and pending steps with or without effect", async () => {
    const first = await performAndReport(step(1, "create", null));
    await check();
    const second = step(2, "replace", first);
    ledger.record({ type: "started", step: second });
    await check();
    expect(ledger.threads).toEqual([step(1, "create", null)]);
    const version = await performStep(second, store);
    await check();
    expect(ledger.threads).toEqual([second]);
    expect(ledger.versionOf(second.thread)).toBe(version);
    ledger.record({ type: "started", step: step(3, "delete", version) });
    expect(ledger.hasPending({ id: "a" }, "delete")).toBe(true);
    await store.delete("a");
    await check();
    expect(ledger.threads).toEqual([]);
    expect(ledger.nextNumber).toBe(4);
  });

  it("waits a limited time for the effects of a killed process", async () => {
    ledger.record({ type: "started", step: step(1, "create", null) });
    await check();
    expect(ledger.hasPending({ id: "a" })).toBe(true);
    expect(ledger.hasPending({ id: "a" }, "delete")).toBe(false);
    const version = await performStep(step(1, "create", null), store);
    // The next process has loaded it.
    ledger.record({ type: "started", step: step(2, "replace", version) });
    expect(ledger.versionOf({ id: "a" })).toBe(version);
    await check();
    await check();
    expect(ledger.hasPending({ id: "a" })).toBe(false);
    await performStep(step(2, "replace", version), store);
    await expect(check()).rejects.toThrow(/but the store has \{ number: 2/u);
  });

  it("rejects a version that no step produced", () => {
    expect(() => ledger.record({ type: "started", step: step(1, "replace", "v9") })).toThrow(
      /it found "a" at "v9", but the last acknowledged version is null/u,
    );
  });

  it("treats an observed state as acknowledged", async () => {
    const first = await performAndReport(step(1, "create", null));
    const second = step(2, "replace", first);
    ledger.record({ type: "started", step: second });
    await performStep(second, store);
    await check();
    await store.save("a", contentOf(step(1, "create", null)), { overwrite: true });
    await expect(check()).rejects.toThrow(
      /state of "a" was step 2 \(replace "a"\), but the store has \{ number: 1/u,
    );
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["a missing thread", () => store.delete("a"), /of "a" was step 1 .*, but the store has no thread/u],
    [
      "mixed content",
      () => store.save("a", { number: 2, end: 1 }, { overwrite: true }),
      /but the store has \{ number: 2, end: 1 \}/u,
    ],
    [
      "the right content with another version",
      () => store.save("a", contentOf(step(1, "create", null)), { overwrite: true }),
      /a thread keeps the version that its save returned/u,
    ],
    [
      "a thread that was never saved",
      () => store.save("debris", {}),
      /got \[ 'a', 'debris' \] instead of \[ 'a' \]/u,
    ],
  ])("detects %s", async (_, corrupt, failure) => {
    await performAndReport(step(1, "create", null));
    await corrupt();
    const rejected = check();
    await expect(rejected).rejects.toThrow("(after a kill)");
    await expect(rejected).rejects.toThrow(failure);
  });

  it("detects a reused version", async () => {
    const version = await performAndReport(step(1, "create", null));
    ledger.record({ type: "started", step: step(2, "replace", version) });
    expect(() => ledger.record({ type: "done", number: 2, version })).toThrow(
      /from step 1 and again from step 2/u,
    );
  });

  it("knows that CONFLICT means no effect, and that any other failure leaves the outcome unknown", async () => {
    const first = await performAndReport(step(1, "create", null));
    ledger.record({ type: "started", step: step(2, "replace", first) });
    ledger.record({ type: "failed", number: 2, operation: "step 2", error: "", code: "UNAVAILABLE" });
    expect(ledger.hasPending({ id: "a" })).toBe(true);
    // This step may conflict with the pending one.
    ledger.record({ type: "started", step: step(3, "replace", first) });
    ledger.record({ type: "failed", number: 3, operation: "step 3", error: "", code: "CONFLICT" });
    await performStep(step(2, "replace", first), store);
    await check();
    ledger.record({ type: "started", step: step(4, "replace", ledger.versionOf({ id: "a" })) });
    expect(() =>
      ledger.record({ type: "failed", number: 4, operation: "step 4", error: "", code: "CONFLICT" }),
    ).toThrow(/the only writer of a thread never gets CONFLICT/u);
  });
});
