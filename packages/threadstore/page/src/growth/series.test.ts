import { expect, it } from "vitest";
import type { Entry } from "../api/types.ts";
import { conversationSeries, versionSeries } from "./series.ts";

function entry(index: number, role: string, bytes: number, createdAt?: string): Entry {
  const base = { kind: "text", text: "", path: "$", index, role, bytes } as const;
  return createdAt === undefined ? base : { ...base, createdAt };
}

it("adds up sizes and turns from message to message", () => {
  const series = conversationSeries([
    entry(0, "user", 10),
    entry(1, "assistant", 5),
    entry(1, "assistant", 7),
    entry(2, "user", 1),
  ]);
  expect(series).toEqual({ x: [1, 2, 3], size: [10, 22, 23], turns: [1, 1, 2], isTime: false });
});

it("uses times if all messages have one, and never goes backwards", () => {
  const { x, isTime } = conversationSeries([
    entry(0, "user", 1, "1970-01-01T00:00:20Z"),
    entry(1, "assistant", 1, "1970-01-01T00:00:10Z"),
  ]);
  expect([x, isTime]).toEqual([[20, 20], true]);
});

it("plots versions from the oldest to the newest", () => {
  const versions = [
    { version: "b", size: 2, savedAt: "1970-01-01T00:00:02Z" },
    { version: "a", size: 1, savedAt: "1970-01-01T00:00:01Z" },
  ];
  expect(versionSeries(versions)).toEqual({ x: [1, 2], size: [1, 2], turns: [null, null], isTime: true });
});
