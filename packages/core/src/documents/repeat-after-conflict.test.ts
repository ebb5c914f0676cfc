import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ThreadStoreError } from "../errors.ts";
import { repeatAfterConflict } from "./repeat-after-conflict.ts";

const conflict = new ThreadStoreError("CONFLICT", "Another writer was first.");

/** Returns a change that rejects with these errors, and then resolves. */
function failing(...errors: readonly Error[]): { readonly change: () => Promise<string>; calls: number } {
  const failed = {
    calls: 0,
    change: async () => {
      const error = errors[failed.calls];
      failed.calls += 1;
      if (error !== undefined) throw error;
      return "changed";
    },
  };
  return failed;
}

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

it("repeats a change until no other writer is first", async () => {
  const failed = failing(conflict, conflict);
  await expect(repeatAfterConflict(failed.change)).resolves.toBe("changed");
  expect(failed.calls).toBe(3);
});

it("rejects with any other error at once", async () => {
  const busy = new ThreadStoreError("UNAVAILABLE", "Try again later.");
  const failed = failing(conflict, busy);
  await expect(repeatAfterConflict(failed.change)).rejects.toBe(busy);
  expect(failed.calls).toBe(2);
});

it("rejects with the reason of the signal, and does not change anything afterwards", async () => {
  const stop = new AbortController();
  const failed = failing(conflict, conflict);
  const change = async (): Promise<string> => {
    stop.abort(new Error("stopped"));
    return failed.change();
  };
  await expect(repeatAfterConflict(change, stop.signal)).rejects.toThrow("stopped");
  expect(failed.calls).toBe(1);
});
