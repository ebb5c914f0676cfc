import { basename, dirname, relative, sep } from "node:path";
import { aboveRoot, type Change, DiskState, type NodeNumber } from "./disk-state.ts";
import type { Effect, TimedReport, Timeline } from "./timeline.ts";
import type { DiskAction, TraceEvent } from "./trace-event.ts";

interface Opening {
  readonly node: NodeNumber;
  readonly appends: boolean;
  position: number;
}

type Times = Pick<TraceEvent, "began" | "ended">;

/** The changes behind what a process did below `root`, and when each was durable. Throws for what it cannot follow. */
export function readTrace(events: readonly TraceEvent[], root: string): Timeline {
  const reader = new TraceReader(root);
  for (const event of events.toSorted((left, right) => left.ended - right.ended)) reader.read(event);
  return reader.timeline();
}

class TraceReader {
  readonly #base: string;
  readonly #state = new DiskState();
  readonly #folders = new Set<NodeNumber>([aboveRoot]);
  readonly #openings = new Map<number, Opening>();
  readonly #effects: Effect[] = [];
  readonly #reports: TimedReport[] = [];
  readonly #syncs: number[] = [];
  #nodes = aboveRoot;
  #end = 0;

  constructor(root: string) {
    this.#base = dirname(root);
  }

  timeline(): Timeline {
    return {
      effects: this.#effects,
      reports: this.#reports,
      folders: this.#folders,
      syncs: this.#syncs,
      end: this.#end,
    };
  }

  read(event: TraceEvent): void {
    this.#end = event.ended;
    if (event.type === "begun" || event.type === "done" || event.type === "failed") {
      this.#reports.push({ ...event, at: event.ended });
    } else this.#readAction(event);
  }

  #readAction(event: DiskAction & Times): void {
    switch (event.type) {
      case "open":
        return this.#open(event);
      case "write":
        return this.#write(event);
      case "truncate":
        return this.#ofOpening(event.opening, ({ node }) => {
          const { length } = event;
          this.#add(event, { type: "truncate", node, length }, `truncation of ${this.#nameOf(node)}`);
        });
      case "sync":
      case "failed sync":
        return this.#ofOpening(event.opening, ({ node }) => this.#sync(event, node, event.type === "sync"));
      case "make folder":
        return this.#makeFolder(event);
      case "remove":
        return this.#remove(event);
      case "rename":
      case "link":
        return this.#moveOrLink(event);
      default:
        throw new Error(
          `The trace does not know what became of files by ${event.call}: it cannot be taken again.`,
        );
    }
  }

  #open(event: Extract<DiskAction, { type: "open" }> & Times): void {
    const { path, opening, creates, truncates, appends } = event;
    const { folder, name } = this.#place(path);
    let node =
      path === this.#base ? aboveRoot : folder === undefined ? undefined : this.#state.entry(folder, name);
    if (node === undefined && creates && folder !== undefined) {
      node = this.#newNode();
      this.#add(event, { type: "link", folder, name, node }, `creation of ${this.#shown(path)}`);
    } else if (node !== undefined && truncates) {
      this.#add(event, { type: "truncate", node, length: 0 }, `truncation of ${this.#shown(path)}`);
    }
    // Otherwise it was there before the trace began, and nothing is known of it.
    if (node !== undefined) this.#openings.set(opening, { node, appends, position: 0 });
  }

  #write(event: Extract<DiskAction, { type: "write" }> & Times): void {
    const { opening: number, position: given, bytes } = event;
    if (bytes.length === 0) return;
    this.#ofOpening(number, (opening) => {
      const { node, appends } = opening;
      const length = this.#state.content(node).length;
      const position = appends ? length : (given ?? opening.position);
      if (given === null) opening.position = position + bytes.length;
      this.#add(event, { type: "write", node, position, bytes }, `content of ${this.#nameOf(node)}`);
    });
  }

  #makeFolder(event: { readonly path: string } & Times): void {
    const { folder, name } = this.#place(event.path);
    if (folder === undefined) return;
    const node = this.#newNode();
    this.#folders.add(node);
    this.#state.addFolder(node);
    this.#add(event, { type: "link", folder, name, node }, `creation of folder ${this.#shown(event.path)}`);
  }

  #remove(event: { readonly path: string } & Times): void {
    const { folder, name } = this.#place(event.path);
    const node = folder === undefined ? undefined : this.#state.entry(folder, name);
    if (folder === undefined || node === undefined) return;
    this.#add(event, { type: "unlink", folder, name, node }, `removal of ${this.#shown(event.path)}`);
  }

  #moveOrLink(event: Extract<DiskAction, { type: "rename" | "link" }> & Times): void {
    const { type, from, to } = event;
    const [source, target] = [this.#place(from), this.#place(to)];
    const node = source.folder === undefined ? undefined : this.#state.entry(source.folder, source.name);
    if (source.folder === undefined || target.folder === undefined || node === undefined) return;
    const [toFolder, toName] = [target.folder, target.name];
    const change: Change =
      type === "link"
        ? { type, folder: toFolder, name: toName, node }
        : { type: "move", folder: source.folder, name: source.name, node, toFolder, toName };
    this.#add(event, change, `${type} of ${this.#shown(from)} to ${this.#shown(to)}`);
  }

  #add({ began, ended }: Times, change: Change, description: string): void {
    const carried = new Set<NodeNumber>();
    if (change.type === "link" || change.type === "move") {
      for (const { node } of this.#state.walk(change.node)) carried.add(node);
    }
    this.#state.apply(change);
    this.#effects.push({ change, description, began, ended, carried, durableAt: Infinity, isLost: false });
  }

  #sync({ began, ended }: Times, node: NodeNumber, succeeded: boolean): void {
    if (succeeded) this.#syncs.push(ended);
    for (const effect of this.#effects) {
      if (effect.ended > began || !touches(effect.change, node)) continue;
      const isOpen = effect.durableAt === Infinity && !effect.isLost;
      if (isOpen && succeeded) effect.durableAt = ended;
      else if (isOpen && !this.#folders.has(node)) effect.isLost = true;
    }
  }

  #ofOpening(number: number, read: (opening: Opening) => void): void {
    const opening = this.#openings.get(number);
    if (opening !== undefined) read(opening);
  }

  #newNode(): NodeNumber {
    this.#nodes += 1;
    return this.#nodes;
  }

  /** The folder that a path leads to, if it is known, and the name in it. */
  #place(path: string): { readonly folder: NodeNumber | undefined; readonly name: string } {
    let folder: NodeNumber | undefined = aboveRoot;
    for (const part of relative(this.#base, dirname(path)).split(sep)) {
      if (part !== "" && folder !== undefined) folder = this.#state.entry(folder, part);
    }
    return { folder, name: basename(path) };
  }

  #nameOf(node: NodeNumber): string {
    for (const each of this.#state.walk()) {
      if (each.node === node)
        return each.way
          .slice(1)
          .map(({ name }) => name)
          .join("/");
    }
    return "a file that has no name any more";
  }

  #shown(path: string): string {
    return relative(this.#base, path).split(sep).slice(1).join("/") || "the folder itself";
  }
}

/** Whether a sync of the node brings the change to the disk. A rename is one step, for both of its folders. */
function touches(change: Change, node: NodeNumber): boolean {
  if (change.type === "write" || change.type === "truncate") return change.node === node;
  return change.folder === node || (change.type === "move" && change.toFolder === node);
}
