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

function save(json: string, precondition: Change["precondition"] = "none"): Change {
  return { type: "save", precondition, json, metadata: undefined };
}

function content(json: string, version: string | undefined): State {
  return { json, metadata, version };
}

const saved = (json: string, version: string): Result => ({ type: "saved", stored: stored(json, version) });
const unknown: Result = { type: "unknown" };
const first = new PossibleStates().after(save("1", "absent"), saved("1", "v1"));

describe("PossibleStates", () => {
  it("starts without a thread, and then has the saved one", () => {
    expect(new PossibleStates().all).toEqual([undefined]);
    expect(first.all).toEqual([content("1", "v1")]);
  });

  it("has two states after a change without a response, and one again after a load", () => {
    const two = first.after(save("2"), unknown);
    expect(two.all).toEqual([content("1", "v1"), content("2", undefined)]);
    expect(two.afterLoad(stored("2", "v2")).all).toEqual([content("2", "v2")]);
    expect(two.afterLoad(stored("1", "v1")).all).toEqual([content("1", "v1")]);
    expect(two.afterLoad(undefined).all).toEqual([]);
  });

  it("is narrowed by the result of a later change", () => {
    const two = first.after(save("2"), unknown);
    const onFirst = save("3", { version: "v1" });
    expect(two.after(onFirst, saved("3", "v3")).all).toEqual([content("3", "v3")]);
    expect(two.after(onFirst, { type: "conflict", current: undefined }).all).toEqual([
      content("2", undefined),
    ]);
    expect(two.after(onFirst, { type: "conflict", current: "v2" }).all).toEqual([content("2", "v2")]);
    expect(two.after(onFirst, { type: "conflict", current: "v1" }).all).toEqual([]);
  });

  it("has no state that contradicts a conflict, a version or a delete", () => {
    expect(first.after(save("2", { version: "v1" }), { type: "conflict", current: undefined }).all).toEqual(
      [],
    );
    expect(first.after(save("2"), saved("2", "v1")).all).toEqual([]);
    expect(
      first.after({ type: "delete", precondition: "none" }, { type: "deleted", existed: false }).all,
    ).toEqual([]);
    expect(first.after(save("2"), { type: "no effect" }).afterLoad(stored("2", "v2")).all).toEqual([]);
  });

  it("tracks the metadata of each state separately", () => {
    const titled = { ...save("2"), metadata: { title: "T" } } as Change;
    const two = first.after(titled, unknown).after(save("3"), unknown);
    expect(two.all.map((state) => [state?.json, state?.metadata])).toEqual([
      ["1", {}],
      ["2", { title: "T" }],
      ["3", {}],
      ["3", { title: "T" }],
    ]);
  });

  it("allows either order of two concurrent changes", () => {
    const one = [save("2", { version: "v1" }), unknown] as const;
    const other = [save("3"), saved("3", "v3")] as const;
    expect(eitherOrder(first, one, other).all).toEqual([content("3", "v3")]);
    const deleting = [
      { type: "delete", precondition: "none" },
      { type: "deleted", existed: true },
    ] as const;
    const both = eitherOrder(first, deleting, deleting);
    expect(both.all).toEqual([]);
  });
});
