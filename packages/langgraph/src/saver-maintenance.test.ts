import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { human, resume, reviewGraph, threadConfig } from "./graph.test-helper.ts";
import { ThreadStoreSaver } from "./index.ts";
import { observedStore } from "./observed-store.test-helper.ts";
import { configOf, listOf, newSaver, put, valuesOf } from "./saver.test-helper.ts";

describe("maintenance", () => {
  it("a copy has the history of the original, and later checkpoints of either do not appear in the other", async () => {
    const saver = newSaver();
    const graph = reviewGraph(saver);
    await graph.invoke({ messages: [human("Hello.", "h1")] }, threadConfig("one"));
    await saver.copyThread("one", "two");
    const original = await listOf(saver, { configurable: { thread_id: "one" } });
    const copied = await listOf(saver, { configurable: { thread_id: "two" } });
    expect(copied.map(({ checkpoint }) => checkpoint)).toEqual(original.map(({ checkpoint }) => checkpoint));
    await put(saver, configOf("two"), { log: ["more"] });
    expect(await listOf(saver, { configurable: { thread_id: "one" } })).toHaveLength(original.length);
    await expect(saver.copyThread("one", "two")).rejects.toMatchObject({ code: "THREAD_EXISTS" });
    await expect(saver.copyThread("two", "one")).resolves.toBeUndefined();
  });

  it.each<[string, (original: CheckpointTuple | undefined) => string | undefined]>([
    ["another checkpoint", () => undefined],
    ["a checkpoint with the same id", (original) => original?.checkpoint.id],
  ])("a copy to a thread with %s is rejected", async (_, idOf) => {
    const saver = newSaver();
    await put(saver, configOf("one"), { value: 1 });
    await put(saver, configOf("two"), { value: 2 }, idOf(await saver.getTuple(configOf("one"))));
    await expect(saver.copyThread("one", "two")).rejects.toMatchObject({ code: "THREAD_EXISTS" });
    expect(await listOf(saver, configOf("two"))).toHaveLength(1);
    expect(await valuesOf(saver, configOf("two"))).toEqual({ value: 2 });
  });

  it("prune keeps the latest checkpoint of each namespace, and deletes what nothing refers to", async () => {
    let time = Date.now();
    const store = memoryStore({ now: () => time });
    const saver = new ThreadStoreSaver({ store, now: () => time });
    const list: string[] = [];
    for (const namespace of ["", "sub"]) {
      let config = configOf("one", namespace);
      for (let step = 0; step < 5; step++) {
        list.push("x".repeat(3000));
        config = await put(saver, config, { list: list.toReversed(), big: `${step}`.repeat(2000) });
        await saver.putWrites(config, [["list", 1]], "task");
      }
    }
    time += 86_400_000;
    const before = await Promise.all(
      ["", "sub"].map((namespace) => saver.getTuple(configOf("one", namespace))),
    );
    await saver.prune(["one", "missing"]);
    const after = await Promise.all(
      ["", "sub"].map((namespace) => saver.getTuple(configOf("one", namespace))),
    );
    expect(after).toEqual(before);
    expect(await listOf(saver, { configurable: { thread_id: "one" } })).toHaveLength(2);
    const ids: string[] = [];
    for await (const { id } of store.namespace("checkpoints").namespace("one").list()) ids.push(id);
    // For each namespace: a checkpoint, its writes, a value and a list of at most a few records.
    expect(ids.length).toBeLessThan(12);
    await saver.prune(["one"], { strategy: "delete" });
    expect(await saver.getTuple(configOf("one"))).toBeUndefined();
  });

  it("prune keeps the subgraph that waits for an answer, and deletes those that have finished", async () => {
    const store = memoryStore();
    const open = () => new ThreadStoreSaver({ store });
    const namespaces = async () => {
      const tuples = await listOf(open(), { configurable: { thread_id: "one" } });
      return [
        ...new Set(tuples.map(({ config }) => String(config.configurable?.["checkpoint_ns"]).split(":")[0])),
      ];
    };
    await reviewGraph(open()).invoke({ messages: [human("Hello.", "h1")] }, threadConfig("one"));
    await open().prune(["one"]);
    expect(new Set(await namespaces())).toEqual(new Set(["", "review"]));
    const { log } = await reviewGraph(open()).invoke(resume("yes"), threadConfig("one"));
    expect(log).toEqual([
      "plan",
      "work a",
      "work b",
      "work c",
      "plan",
      "work a",
      "work b",
      "work c",
      "answer yes",
      "noted 1",
    ]);
    await open().prune(["one"]);
    expect(await namespaces()).toEqual([""]);
    expect((await reviewGraph(open()).getState(threadConfig("one"))).values.log).toEqual(log);
  });

  it("cleanUp spares what is new, because a run may be about to refer to it", async () => {
    let time = Date.now();
    const store = memoryStore({ now: () => time });
    let isFailing = false;
    const failing = observedStore(store, (operation, id) => {
      if (isFailing && operation === "save" && String(id).startsWith("c."))
        throw new Error("The connection is lost.");
    });
    const saver = new ThreadStoreSaver({ store: failing, now: () => time });
    const config = await put(saver, configOf("one"), { big: "x".repeat(2000) });
    isFailing = true;
    await expect(put(saver, config, { big: "y".repeat(2000) })).rejects.toThrow("The connection is lost.");
    expect(await saver.cleanUp("one")).toBe(0);
    time += 3_600_001;
    expect(await saver.cleanUp("one")).toBe(1);
    expect(await saver.cleanUp("one")).toBe(0);
    expect(await valuesOf(saver, config)).toEqual({ big: "x".repeat(2000) });
  });

  it("a thread that another program wrote is reported as such", async () => {
    const store = memoryStore();
    const saver = new ThreadStoreSaver({ store });
    const config = await put(saver, configOf("one"), { big: "x".repeat(2000) });
    const records: ThreadStore = store.namespace("checkpoints").namespace("one");
    const page = await records.listPage();
    const change = async (prefix: string, json: string) => {
      const { id = "" } = page.threads.find((thread) => thread.id.startsWith(prefix)) ?? {};
      await records.save(id, json, { overwrite: true });
      return new ThreadStoreSaver({ store }).getTuple(config);
    };
    const envelope = `"format":"threadstore.thread","version":1,"kind"`;
    await expect(change("a.", `{"messages":[]}`)).rejects.toMatchObject({ code: "THREAD_MISMATCH" });
    await expect(change("a.", `{${envelope}:"langgraph-value"}`)).rejects.toMatchObject({
      code: "THREAD_INVALID",
    });
    await expect(
      change("a.", `{${envelope}:"langgraph-value","version":2}`.replace(`"version":1,`, "")),
    ).rejects.toMatchObject({ code: "THREAD_TOO_NEW" });
    await records.delete(page.threads.find(({ id }) => id.startsWith("a."))?.id ?? "");
    await expect(new ThreadStoreSaver({ store }).getTuple(config)).rejects.toMatchObject({
      code: "THREAD_INVALID",
      path: "$.channels.big",
    });
    await expect(change("c.", `{${envelope}:"langgraph-checkpoint","ns":""}`)).rejects.toMatchObject({
      code: "THREAD_INVALID",
      path: "$.id",
    });
  });
});
