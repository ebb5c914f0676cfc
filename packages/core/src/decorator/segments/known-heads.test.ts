import { expect, it } from "vitest";
import { knownHeads } from "./known-heads.ts";

const head = { version: "1", updatedAt: new Date(1), metadata: {} };

it("remembers the time of a version, whatever callers do with the date that they get", () => {
  const known = knownHeads<string>();
  const updatedAt = new Date(1);
  known.remember("a", { ...head, updatedAt }, undefined);
  updatedAt.setTime(2);
  expect(known.get("a")?.updatedAt.getTime()).toBe(1);
});

it("forgets the oldest threads, and those with long metadata", () => {
  const known = knownHeads<string>();
  for (let id = 0; id <= 1000; id += 1) known.remember(`${id}`, head, undefined);
  expect([known.get("0"), known.get("1")]).toMatchObject([undefined, head]);
  known.remember("1", { ...head, metadata: { title: "x".repeat(2000) } }, undefined);
  expect(known.get("1")).toBeUndefined();
});
