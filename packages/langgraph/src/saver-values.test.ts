import { memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import type { RunnableConfig } from "./config.ts";
import { human } from "./graph.test-helper.ts";
import { ThreadStoreSaver } from "./index.ts";
import { configOf, listOf, newSaver, put, valuesOf } from "./saver.test-helper.ts";

describe("values", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["bytes", new Uint8Array([0, 255, 7])],
    ["a large text", "x".repeat(5000)],
    ["large bytes", new Uint8Array(5000).fill(9)],
    ["a map and a set", { map: new Map([["a", new Set([1])]]) }],
    ["a message", human("Hello.", "h")],
    ["an empty list", []],
    ["a list", [1, [2], { three: 3 }]],
    ["half a character", { text: "\udc00".repeat(3) }],
    ["a long list with half a character", Array.from({ length: 100 }, () => `\ud83d${"x".repeat(100)}`)],
  ])("%s is loaded as it was saved, also by another process", async (_, value) => {
    const store = memoryStore();
    const config = await put(new ThreadStoreSaver({ store }), configOf("one"), { value });
    expect(await valuesOf(new ThreadStoreSaver({ store }), config)).toEqual({ value });
  });

  it("a custom serializer is used for all values, and its bytes are kept", async () => {
    const store = memoryStore();
    // The result is called JSON, but is not.
    const serde = {
      dumpsTyped: async (value: unknown): Promise<[string, Uint8Array]> => [
        "json",
        Buffer.from(JSON.stringify({ value })).map((byte) => byte ^ 85),
      ],
      loadsTyped: async (_type: string, data: Uint8Array | string) =>
        (JSON.parse(Buffer.from(Buffer.from(data).map((byte) => byte ^ 85)).toString()) as { value: unknown })
          .value,
    };
    const saver = new ThreadStoreSaver({ store, serde });
    const secret = ["secret", "secret".repeat(1000)];
    const config = await put(saver, configOf("one"), { list: secret, text: "secret" });
    await saver.putWrites(config, [["list", "secret"]], "task");
    expect(await new ThreadStoreSaver({ store, serde }).getTuple(config)).toMatchObject({
      checkpoint: { channel_values: { list: secret, text: "secret" } },
      pendingWrites: [["task", "list", "secret"]],
    });
    for await (const { id } of store.namespace("checkpoints").namespace("one").list()) {
      expect((await store.namespace("checkpoints").namespace("one").load(id))?.json).not.toContain("secret");
    }
  });

  it.each(["the same saver", "a new saver for each checkpoint"])(
    "a list that grows, shrinks and changes is each time the list that was saved (%s)",
    async (which) => {
      const store = memoryStore();
      const first = new ThreadStoreSaver({ store });
      const saver = () => (which === "the same saver" ? first : new ThreadStoreSaver({ store }));
      const item = (name: string) => `${name} ${"x".repeat(700)}`;
      let list: string[] = [];
      let config = configOf("one");
      const saved: [RunnableConfig, string[]][] = [];
      for (let step = 0; step < 60; step++) {
        if (step % 17 === 16) list = list.slice(0, -5);
        else if (step % 23 === 22) list = list.map((text, index) => (index === 1 ? item("changed") : text));
        else if (step % 13 === 12) list = list.slice(3);
        else list = [...list, item(`step ${step}`)];
        config = await put(saver(), config, { list });
        saved.push([config, list]);
      }
      // Continues from an earlier checkpoint, twice.
      const [past = config, pastList = []] = saved[20] ?? [];
      for (const name of ["left", "right"]) {
        const fork = [...pastList, ...Array.from({ length: 8 }, () => item(name))];
        saved.push([await put(saver(), past, { list: fork }), fork]);
      }
      for (const [each, expected] of saved) {
        expect(await valuesOf(first, each)).toEqual({ list: expected });
        expect(await valuesOf(new ThreadStoreSaver({ store }), each)).toEqual({ list: expected });
      }
      const listed = await listOf(new ThreadStoreSaver({ store }), configOf("one"));
      expect(listed.map(({ checkpoint }) => checkpoint.channel_values["list"])).toEqual(
        saved
          .toSorted(([a], [b]) =>
            String(a.configurable?.["checkpoint_id"]) < String(b.configurable?.["checkpoint_id"]) ? 1 : -1,
          )
          .map(([, expected]) => expected),
      );
    },
  );

  it("a list larger than a record is stored in several", async () => {
    const store = memoryStore();
    const saver = new ThreadStoreSaver({ store });
    const list = Array.from({ length: 6 }, (_, index) => String(index).repeat(100_000));
    const config = await put(saver, configOf("one"), { list });
    const longer = await put(saver, config, { list: [...list, "end".repeat(2000)] });
    expect(await valuesOf(new ThreadStoreSaver({ store }), longer)).toEqual({
      list: [...list, "end".repeat(2000)],
    });
  });

  it("values that the graph changes after a put, or that it got from a get, do not change the checkpoint", async () => {
    const saver = newSaver();
    const value = { list: [1] };
    const config = await put(saver, configOf("one"), { value });
    value.list.push(2);
    const loaded = (await valuesOf(saver, config)) as { value: { list: number[] } };
    loaded.value.list.push(3);
    expect(await valuesOf(saver, config)).toEqual({ value: { list: [1] } });
  });
});
