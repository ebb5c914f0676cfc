import { afterAll, describe, expect, it } from "vitest";
import { startChild } from "../../src/engines/child-process/child-client.ts";
import type { Harness } from "../../src/suite/harness.ts";
import { keyValueHarness } from "../stores/key-value/key-value-harness.ts";

const harness: Harness = keyValueHarness("key-value store");
const location = "children";
const { childProcess: description } = harness;
if (description === undefined) throw new Error("The harness must support child processes.");
const child = startChild(description, location);
await child.opened;
afterAll(() => harness.destroy(location));

describe("a store in a child process", () => {
  it("shares its threads with a store in this process", async () => {
    const store = await harness.open(location);
    const saved = await store.save("a", { n: 1 });
    expect(await child.load("a")).toEqual({ version: saved.version, thread: { n: 1 }, metadata: {} });
    const { version } = await child.save("a", { n: 2 }, { previous: saved.version });
    expect((await store.load("a"))?.version).toBe(version);
    expect(await child.delete("a", {})).toBe(true);
    expect(await child.load("a")).toBe(undefined);
    await store.close();
  });

  it("rejects with the error codes of the store in the child process", async () => {
    await child.save("b", {}, { overwrite: true });
    await expect(child.save("b", {}, { previous: undefined })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(child.delete("b", { previous: "other" })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(child.load("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("rejects calls after its process has ended", async () => {
    await child.end();
    await child.end();
    await expect(child.load("a")).rejects.toThrow(/channel closed|ended with/iu);
  });

  it("reports why the store could not be opened", async () => {
    const failed = startChild({ module: "/nowhere/child.js" }, location);
    await expect(failed.opened).rejects.toThrow("Cannot find module '/nowhere/child.js'");
    await failed.end();
  });
});
