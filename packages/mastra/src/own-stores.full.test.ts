import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { failedChecks, libSqlClients } from "./own-stores.test-helper.ts";

/** Checks that one client does not pass either. */
const ALWAYS: readonly string[] = [
  "a thread without a title has none",
  "a thread moves to another resource with its messages",
  "messages of a thread that does not exist are rejected, and nothing of them is stored",
  "a listing filters by lists and objects in metadata",
];

/** Checks that depend on which client is faster. */
const RACES: readonly string[] = [
  "clients that change the metadata of a thread lose no change",
  "clients that count in the metadata of a thread count each change",
  "clients that change a resource lose no change",
  "clients that change a message lose no change, and no message that is saved meanwhile",
  "a thread that moves while clients write to it loses no message",
  "clients that move a thread to the same resource at once lose no message",
  "a thread that is deleted while clients write to it is gone, or was created again as a whole",
];

// What the README says about the store.
it("three clients of Mastra's libSQL store do not pass these checks", async () => {
  // The store logs each failure.
  const logs = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")].map((log) => log.mockReturnValue());
  onTestFinished(() => logs.forEach((log) => log.mockRestore()));
  const folder = await mkdtemp(join(tmpdir(), "threadstore-mastra-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const failed = [...(await failedChecks(await libSqlClients(join(folder, "memory.db")))).keys()];
  expect(failed.filter((name) => !RACES.includes(name))).toEqual(ALWAYS);
  expect(failed.length).toBeGreaterThan(ALWAYS.length);
});
