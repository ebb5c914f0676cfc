import { afterAll, describe, expect, it } from "vitest";
import { startPeer } from "../../src/engines/child-process/child-client.ts";
import type { Harness } from "../../src/suite/harness.ts";
import { keyValueHarness } from "../stores/key-value/key-value-harness.ts";

const harness: Harness = keyValueHarness("key-value store");
const place = "peers";
const { peer: description } = harness;
if (description === undefined) throw new Error("The harness has peers.");
const peer = startPeer(description, place);
await peer.opened;
afterAll(() => harness.destroy(place));

describe("a store in another process", () => {
  it("sees what this process saves, and the other way round", async () => {
    const store = await harness.open(place);
    const saved = await store.save("a", { n: 1 });
    expect(await peer.load("a")).toEqual({ version: saved.version, thread: { n: 1 } });
    const { version } = await peer.save("a", { n: 2 }, { previous: saved.version });
    expect((await store.load("a"))?.version).toBe(version);
    expect(await peer.delete("a", {})).toBe(true);
    expect(await peer.load("a")).toBe(undefined);
    await store.close();
  });

  it("rejects with the codes of the store there", async () => {
    await peer.save("b", {}, { overwrite: true });
    await expect(peer.save("b", {}, { previous: undefined })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(peer.delete("b", { previous: "other" })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(peer.load("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("ends by itself, and rejects then", async () => {
    await peer.end();
    await peer.end();
    await expect(peer.load("a")).rejects.toThrow(/channel closed|ended with/iu);
  });

  it("says why it could not be opened", async () => {
    const failed = startPeer({ module: "/nowhere/peer.js" }, place);
    await expect(failed.opened).rejects.toThrow("Cannot find module '/nowhere/peer.js'");
    await failed.end();
  });
});
