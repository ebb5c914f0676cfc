import { describe, expect, it } from "vitest";
import { afterPowerCut, type PowerCut, powerCuts } from "./power-cuts.ts";
import { readTrace } from "./read-trace.ts";
import type { DiskAction, TraceEvent } from "./trace-event.ts";
import { checkWriteOrder } from "./write-order.ts";

const root = "/above/root";
const at = (name: string): string => `${root}/${name}`;
const step = { number: 1, thread: { id: "a" }, action: "create", size: 4, after: null } as const;

type Told = "begun" | "done";

/** The events of a process that does one thing after the other. */
function traceOf(...actions: readonly (DiskAction | Told)[]): TraceEvent[] {
  return actions.map((action, index) => {
    const times = { began: 2 * index + 1, ended: 2 * index + 2 };
    if (action === "begun") return { ...times, type: "begun", step };
    if (action === "done") return { ...times, type: "done", number: 1, version: "v1" };
    return { ...times, ...action };
  });
}

const open = (opening: number, path: string, creates = false): DiskAction => {
  return { type: "open", opening, path, creates, truncates: false, appends: false };
};
const write = (opening: number, text: string): DiskAction => {
  return { type: "write", opening, position: null, bytes: Buffer.from(text) };
};
const sync = (opening: number): DiskAction => ({ type: "sync", opening });
const makeRoot: DiskAction[] = [{ type: "make folder", path: root }, open(90, "/above"), sync(90)];

function cutsOf(...actions: readonly (DiskAction | Told)[]): PowerCut[] {
  return [...powerCuts(readTrace(traceOf(...actions), root), 1)];
}

/** What may be in a file of the root, when it is there. */
function contentsOf(cuts: readonly PowerCut[], name: string): Set<string | undefined> {
  return new Set(cuts.map(({ tree }) => tree.get(`root/${name}`)?.toString()));
}

describe("a power cut", () => {
  it("may leave of a write that was not synced nothing, half of it, zeros or all", () => {
    const cuts = cutsOf(...makeRoot, open(1, at("f"), true), open(2, root), sync(2), write(1, "text"));
    expect(contentsOf(cuts, "f")).toEqual(new Set([undefined, "", "te", "\0\0\0\0", "text"]));
  });

  it("takes nothing that was synced, at any time after that", () => {
    const actions = [...makeRoot, open(1, at("f"), true), write(1, "text"), sync(1), open(2, root), sync(2)];
    const timeline = readTrace(traceOf(...actions), root);
    expect(
      afterPowerCut(timeline, timeline.end + 1)
        .get("root/f")
        ?.toString(),
    ).toBe("text");
    // Before the folder was synced the content was durable, and its name was not.
    expect(afterPowerCut(timeline, timeline.end - 3).has("root/f")).toBe(false);
  });

  it("leaves a rename whole, in whichever order the rest comes", () => {
    const cuts = cutsOf(...makeRoot, open(1, at("new"), true), write(1, "text"), sync(1), {
      type: "rename",
      from: at("new"),
      to: at("f"),
    });
    const names = cuts.map(({ tree }) => [...tree.keys()].filter((path) => path.includes("/")).join());
    expect(new Set(names)).toEqual(new Set(["", "root/new", "root/f"]));
    expect(contentsOf(cuts, "f")).toEqual(new Set([undefined, "text"]));
  });

  it("finds a synced rename of what was never synced where it was before", () => {
    const folder: DiskAction = { type: "make folder", path: at("new") };
    const actions = [...makeRoot, folder, open(1, at("x"), true)];
    const timeline = readTrace(
      traceOf(...actions, { type: "rename", from: at("new"), to: at("f") }, open(2, root), sync(2)),
      root,
    );
    expect([...afterPowerCut(timeline, timeline.end + 1).keys()]).toEqual(["root", "root/x", "root/f"]);
  });

  it("may take what was written before a sync that failed, whatever is synced later", () => {
    const timeline = readTrace(
      traceOf(
        ...makeRoot,
        open(1, at("f"), true),
        open(2, root),
        sync(2),
        write(1, "lost"),
        { type: "failed sync", opening: 1 },
        write(1, "kept"),
        sync(1),
      ),
      root,
    );
    const content = afterPowerCut(timeline, timeline.end + 1).get("root/f");
    expect(content?.toString()).toBe("\0\0\0\0kept");
  });

  it("comes at each moment at which something else may be there, with what had been told by then", () => {
    const cuts = cutsOf(...makeRoot, "begun", open(1, at("f"), true), write(1, "text"), "done");
    const told = cuts.map(({ reports }) => reports.map(({ type }) => type).join());
    expect(new Set(told)).toEqual(new Set(["", "begun", "begun,done"]));
    expect(cuts.map(({ description }) => description)).toContain(
      "power cut at moment 14, with no content of f",
    );
  });
});

describe("the order of a save", () => {
  const opened = [open(1, at("new"), true), write(1, ",1,")];
  const rename: DiskAction = { type: "rename", from: at("new"), to: at("f") };
  const syncRoot = [open(2, root), sync(2)];

  it("is write, sync, rename, sync of the folder, acknowledgement", () => {
    const order = [...opened, sync(1), rename, ...syncRoot];
    expect(checkWriteOrder(readTrace(traceOf(...makeRoot, "begun", ...order, "done"), root))).toBe(1);
  });

  it.each<[string, readonly DiskAction[], RegExp]>([
    ["has a sync of the file", [...opened, rename, ...syncRoot], /no successful sync of f after/u],
    [
      "has it before the rename",
      [...opened, rename, sync(1), ...syncRoot],
      /sync of f came after the rename/u,
    ],
    ["has a sync of the folder", [...opened, sync(1), rename], /no sync of the store's folder came between/u],
    ["has it after the rename", [...opened, sync(1), ...syncRoot, rename], /no sync of the store's folder/u],
    ["writes a file", [], /no file that it wrote was there/u],
  ])("%s", (_, actions, failure) => {
    const timeline = readTrace(traceOf(...makeRoot, "begun", ...actions, "done"), root);
    expect(() => checkWriteOrder(timeline)).toThrow(failure);
  });

  it("has a sync of the folder above, when the store made its own", () => {
    const [makeFolder, ...rest] = [...makeRoot, ...opened, sync(1), rename, ...syncRoot];
    expect(makeFolder?.type).toBe("make folder");
    const unsynced = [{ type: "make folder", path: root } as const, ...rest.slice(2)];
    const timeline = readTrace(traceOf("begun", ...unsynced, "done"), root);
    expect(() => checkWriteOrder(timeline)).toThrow("no sync of the folder above the store's");
  });
});
