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

it("does not replace a head by an older one that was loaded", () => {
  const known = knownHeads<string>();
  known.remember("a", { ...head, version: "2", updatedAt: new Date(2) }, "log 2");
  known.learn("a", head, "log 1");
  expect(known.get("a")).toMatchObject({ version: "2", log: "log 2" });
  known.learn("a", { ...head, version: "3", updatedAt: new Date(2) }, "log 3");
  expect(known.get("a")).toMatchObject({ version: "3", log: "log 3" });
});

it("forgets the oldest threads, and those with long metadata", () => {
  const known = knownHeads<string>();
  for (let id = 0; id <= 1000; id += 1) known.remember(`${id}`, head, undefined);
  expect([known.get("0"), known.get("1")]).toMatchObject([undefined, head]);
  known.remember("1", { ...head, metadata: { title: "x".repeat(2000) } }, undefined);
  expect(known.get("1")).toBeUndefined();
});
