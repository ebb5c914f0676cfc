import type { StoredThread } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { type Change, eitherOrder, PossibleStates, type Result, type State } from "./possible-states.ts";

const metadata = {};

function stored(json: string, version: string): StoredThread {
  const time = new Date(0);
  return {
    id: "a",
    version,
    size: json.length,
    createdAt: time,
    updatedAt: time,
    expiresAt: undefined,
    metadata,
    json,
    thread: {},
  };
}

function save(json: string, on: Change["on"] = "anything"): Change {
  return { type: "save", on, json, metadata: undefined };
}

function content(json: string, version: string | undefined): State {
  return { json, metadata, version };
}

const saved = (json: string, version: string): Result => ({ is: "saved", stored: stored(json, version) });
const unknown: Result = { is: "unknown" };
const first = new PossibleStates().after(save("1", "nothing"), saved("1", "v1"));

describe("what may be there", () => {
  it("is at first nothing, and then what was saved", () => {
    expect(new PossibleStates().all).toEqual([undefined]);
    expect(first.all).toEqual([content("1", "v1")]);
  });

  it("is two things after a change without an answer, and one when a load has seen it", () => {
    const two = first.after(save("2"), unknown);
    expect(two.all).toEqual([content("1", "v1"), content("2", undefined)]);
    expect(two.seeing(stored("2", "v2")).all).toEqual([content("2", "v2")]);
    expect(two.seeing(stored("1", "v1")).all).toEqual([content("1", "v1")]);
    expect(two.seeing(undefined).all).toEqual([]);
  });

  it("is told by what a later change says", () => {
    const two = first.after(save("2"), unknown);
    const onFirst = save("3", { version: "v1" });
    expect(two.after(onFirst, saved("3", "v3")).all).toEqual([content("3", "v3")]);
    expect(two.after(onFirst, { is: "conflict", current: undefined }).all).toEqual([content("2", undefined)]);
    expect(two.after(onFirst, { is: "conflict", current: "v2" }).all).toEqual([content("2", "v2")]);
    expect(two.after(onFirst, { is: "conflict", current: "v1" }).all).toEqual([]);
  });

  it("is nothing that a conflict, a version or a delete cannot explain", () => {
    expect(first.after(save("2", { version: "v1" }), { is: "conflict", current: undefined }).all).toEqual([]);
    expect(first.after(save("2"), saved("2", "v1")).all).toEqual([]);
    expect(first.after({ type: "delete", on: "anything" }, { is: "deleted", wasThere: false }).all).toEqual(
      [],
    );
    expect(first.after(save("2"), { is: "without effect" }).seeing(stored("2", "v2")).all).toEqual([]);
  });

  it("keeps the metadata of each state apart", () => {
    const titled = { ...save("2"), metadata: { title: "T" } } as Change;
    const two = first.after(titled, unknown).after(save("3"), unknown);
    expect(two.all.map((state) => [state?.json, state?.metadata])).toEqual([
      ["1", {}],
      ["2", { title: "T" }],
      ["3", {}],
      ["3", { title: "T" }],
    ]);
  });

  it("is what either order of two changes at once leaves", () => {
    const one = [save("2", { version: "v1" }), unknown] as const;
    const other = [save("3"), saved("3", "v3")] as const;
    expect(eitherOrder(first, one, other).all).toEqual([content("3", "v3")]);
    const deleting = [
      { type: "delete", on: "anything" },
      { is: "deleted", wasThere: true },
    ] as const;
    const both = eitherOrder(first, deleting, deleting);
    expect(both.all).toEqual([]);
  });
});
