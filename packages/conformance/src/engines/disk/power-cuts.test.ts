import { describe, expect, it } from "vitest";
import { afterPowerCut, type PowerCut, powerCuts } from "./power-cuts.ts";
import { readTrace } from "./read-trace.ts";
import type { DiskAction, TraceEvent } from "./trace-event.ts";
import { checkWriteOrder } from "./write-order.ts";

const root = "/above/root";
const at = (name: string): string => `${root}/${name}`;
const step = { number: 1, thread: { id: "a" }, action: "create", size: 4, previous: null } as const;

type ReportType = "started" | "done";

/** The events of a process whose actions do not overlap. */
function traceOf(...actions: readonly (DiskAction | ReportType)[]): TraceEvent[] {
  return actions.map((action, index) => {
    const times = { began: 2 * index + 1, ended: 2 * index + 2 };
    if (action === "started") return { ...times, type: "started", step };
    if (action === "done") return { ...times, type: "done", number: 1, version: "v1" };
    return { ...times, ...action };
  });
}

const open = (handle: number, path: string, creates = false): DiskAction => {
  return { type: "open", handle, path, creates, truncates: false, appends: false };
};
const write = (handle: number, text: string): DiskAction => {
  return { type: "write", handle, position: null, bytes: Buffer.from(text) };
};
const sync = (handle: number): DiskAction => ({ type: "sync", handle });
const makeRoot: DiskAction[] = [{ type: "make folder", path: root }, open(90, "/above"), sync(90)];

function cutsOf(...actions: readonly (DiskAction | ReportType)[]): PowerCut[] {
  return [...powerCuts(readTrace(traceOf(...actions), root), 1)];
}

/** The contents that a file in the root may have; `undefined` if it may be missing. */
function contentsOf(cuts: readonly PowerCut[], name: string): Set<string | undefined> {
  return new Set(cuts.map(({ tree }) => tree.get(`root/${name}`)?.toString()));
}

describe("powerCuts", () => {
  it("leaves nothing, half, zeros or all of an unsynced write", () => {
    const cuts = cutsOf(...makeRoot, open(1, at("f"), true), open(2, root), sync(2), write(1, "text"));
    expect(contentsOf(cuts, "f")).toEqual(new Set([undefined, "", "te", "\0\0\0\0", "text"]));
  });

  it("keeps synced changes", () => {
    const actions = [...makeRoot, open(1, at("f"), true), write(1, "text"), sync(1), open(2, root), sync(2)];
    const timeline = readTrace(traceOf(...actions), root);
    expect(
      afterPowerCut(timeline, timeline.end + 1)
        .get("root/f")
        ?.toString(),
    ).toBe("text");
    // Before the sync of the folder, the content was durable, but the name was not.
    expect(afterPowerCut(timeline, timeline.end - 3).has("root/f")).toBe(false);
  });

  it("treats a rename as atomic", () => {
    const cuts = cutsOf(...makeRoot, open(1, at("new"), true), write(1, "text"), sync(1), {
      type: "rename",
      from: at("new"),
      to: at("f"),
    });
    const names = cuts.map(({ tree }) => [...tree.keys()].filter((path) => path.includes("/")).join());
    expect(new Set(names)).toEqual(new Set(["", "root/new", "root/f"]));
    expect(contentsOf(cuts, "f")).toEqual(new Set([undefined, "text"]));
  });

  it("applies a synced rename of a folder that was never synced", () => {
    const folder: DiskAction = { type: "make folder", path: at("new") };
    const actions = [...makeRoot, folder, open(1, at("x"), true)];
    const timeline = readTrace(
      traceOf(...actions, { type: "rename", from: at("new"), to: at("f") }, open(2, root), sync(2)),
      root,
    );
    expect([...afterPowerCut(timeline, timeline.end + 1).keys()]).toEqual(["root", "root/x", "root/f"]);
  });

  it("loses data written before a failed sync, even if a later sync succeeds", () => {
    const timeline = readTrace(
      traceOf(
        ...makeRoot,
        open(1, at("f"), true),
        open(2, root),
        sync(2),
        write(1, "lost"),
        { type: "failed sync", handle: 1 },
        write(1, "safe"),
        sync(1),
      ),
      root,
    );
    const content = afterPowerCut(timeline, timeline.end + 1).get("root/f");
    expect(content?.toString()).toBe("\0\0\0\0safe");
  });

  it("covers every time with a different outcome, with the reports sent by then", () => {
    const cuts = cutsOf(...makeRoot, "started", open(1, at("f"), true), write(1, "text"), "done");
    const reported = cuts.map(({ reports }) => reports.map(({ type }) => type).join());
    expect(new Set(reported)).toEqual(new Set(["", "started", "started,done"]));
    expect(cuts.map(({ description }) => description)).toContain(
      "power cut at moment 14 without the content of f",
    );
  });
});

describe("checkWriteOrder", () => {
  const opened = [open(1, at("new"), true), write(1, ",1,")];
  const rename: DiskAction = { type: "rename", from: at("new"), to: at("f") };
  const syncRoot = [open(2, root), sync(2)];

  it("accepts write, sync, rename, sync of the folder, acknowledgement", () => {
    const order = [...opened, sync(1), rename, ...syncRoot];
    expect(checkWriteOrder(readTrace(traceOf(...makeRoot, "started", ...order, "done"), root))).toBe(1);
  });

  it.each<[string, readonly DiskAction[], RegExp]>([
    ["no sync of the file", [...opened, rename, ...syncRoot], /without a successful sync of f after/u],
    [
      "a sync of the file after the rename",
      [...opened, rename, sync(1), ...syncRoot],
      /sync of f came after the rename/u,
    ],
    [
      "no sync of the folder",
      [...opened, sync(1), rename],
      /the store's folder was not synced between the rename of new to f and/u,
    ],
    [
      "a sync of the folder before the rename",
      [...opened, sync(1), ...syncRoot, rename],
      /the store's folder was not synced/u,
    ],
    ["no file", [], /no file that it wrote exists/u],
  ])("rejects %s", (_, actions, failure) => {
    const timeline = readTrace(traceOf(...makeRoot, "started", ...actions, "done"), root);
    expect(() => checkWriteOrder(timeline)).toThrow(failure);
  });

  it("requires a sync of the parent folder if the store creates its folder", () => {
    const [makeFolder, ...rest] = [...makeRoot, ...opened, sync(1), rename, ...syncRoot];
    expect(makeFolder?.type).toBe("make folder");
    const unsynced = [{ type: "make folder", path: root } as const, ...rest.slice(2)];
    const timeline = readTrace(traceOf("started", ...unsynced, "done"), root);
    expect(() => checkWriteOrder(timeline)).toThrow("the parent of the store's folder was not synced");
  });
});
