import { basename, dirname, relative, sep } from "node:path";
import { type Change, DiskState, formatPath, type NodeNumber, ROOT_PARENT } from "./disk-state.ts";
import type { Effect, TimedReport, Timeline } from "./timeline.ts";
import type { DiskAction, TraceEvent } from "./trace-event.ts";

interface Handle {
  readonly node: NodeNumber;
  readonly appends: boolean;
  position: number;
}

type Times = Pick<TraceEvent, "began" | "ended">;

/**
 * Derives the changes that a process made in `root`, and when each became durable. Throws if the trace contains calls
 * that cannot be replayed.
 */
export function readTrace(events: readonly TraceEvent[], root: string): Timeline {
  const reader = new TraceReader(root);
  for (const event of events.toSorted((left, right) => left.ended - right.ended)) reader.read(event);
  return reader.timeline();
}

class TraceReader {
  readonly #base: string;
  readonly #state = new DiskState();
  readonly #folders = new Set<NodeNumber>([ROOT_PARENT]);
  readonly #handles = new Map<number, Handle>();
  readonly #effects: Effect[] = [];
  readonly #reports: TimedReport[] = [];
  readonly #syncs: number[] = [];
  #lastNode = ROOT_PARENT;
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
    if (event.type === "started" || event.type === "done" || event.type === "failed") {
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
        return this.#withHandle(event.handle, ({ node }) => {
          const { length } = event;
          this.#add(event, { type: "truncate", node, length }, `truncation of ${this.#nameOf(node)}`);
        });
      case "sync":
      case "failed sync":
        return this.#withHandle(event.handle, ({ node }) => this.#sync(event, node, event.type === "sync"));
      case "make folder":
        return this.#makeFolder(event);
      case "remove":
        return this.#remove(event);
      case "rename":
      case "link":
        return this.#moveOrLink(event);
      default:
        throw new Error(`Cannot replay the trace: the effects of ${event.call} are unknown.`);
    }
  }

  #open(event: Extract<DiskAction, { type: "open" }> & Times): void {
    const { path, handle, creates, truncates, appends } = event;
    const { folder, name } = this.#resolve(path);
    let node =
      path === this.#base ? ROOT_PARENT : folder === undefined ? undefined : this.#state.entry(folder, name);
    if (node === undefined && creates && folder !== undefined) {
      node = this.#newNode();
      this.#add(event, { type: "link", folder, name, node }, `creation of ${this.#show(path)}`);
    } else if (node !== undefined && truncates) {
      this.#add(event, { type: "truncate", node, length: 0 }, `truncation of ${this.#show(path)}`);
    }
    // A file without a node existed before the trace began, so nothing is known about it.
    if (node !== undefined) this.#handles.set(handle, { node, appends, position: 0 });
  }

  #write(event: Extract<DiskAction, { type: "write" }> & Times): void {
    const { bytes } = event;
    if (bytes.length === 0) return;
    this.#withHandle(event.handle, (handle) => {
      const { node, appends } = handle;
      const length = this.#state.content(node).length;
      const position = appends ? length : (event.position ?? handle.position);
      if (event.position === null) handle.position = position + bytes.length;
      this.#add(event, { type: "write", node, position, bytes }, `content of ${this.#nameOf(node)}`);
    });
  }

  #makeFolder(event: { readonly path: string } & Times): void {
    const { folder, name } = this.#resolve(event.path);
    if (folder === undefined) return;
    const node = this.#newNode();
    this.#folders.add(node);
    this.#state.addFolder(node);
    this.#add(event, { type: "link", folder, name, node }, `creation of folder ${this.#show(event.path)}`);
  }

  #remove(event: { readonly path: string } & Times): void {
    const { folder, name } = this.#resolve(event.path);
    const node = folder === undefined ? undefined : this.#state.entry(folder, name);
    if (folder === undefined || node === undefined) return;
    this.#add(event, { type: "unlink", folder, name, node }, `removal of ${this.#show(event.path)}`);
  }

  #moveOrLink(event: Extract<DiskAction, { type: "rename" | "link" }> & Times): void {
    const { type, from, to } = event;
    const [source, target] = [this.#resolve(from), this.#resolve(to)];
    const node = source.folder === undefined ? undefined : this.#state.entry(source.folder, source.name);
    if (source.folder === undefined || target.folder === undefined || node === undefined) return;
    const [toFolder, toName] = [target.folder, target.name];
    const change: Change =
      type === "link"
        ? { type, folder: toFolder, name: toName, node }
        : { type: "move", folder: source.folder, name: source.name, node, toFolder, toName };
    this.#add(event, change, `${type} of ${this.#show(from)} to ${this.#show(to)}`);
  }

  #add({ began, ended }: Times, change: Change, description: string): void {
    const relocated = new Set<NodeNumber>();
    if (change.type === "link" || change.type === "move") {
      for (const { node } of this.#state.walk(change.node)) relocated.add(node);
    }
    this.#state.apply(change);
    this.#effects.push({ change, description, began, ended, relocated, durableAt: Infinity, isLost: false });
  }

  #sync({ began, ended }: Times, node: NodeNumber, succeeded: boolean): void {
    if (succeeded) this.#syncs.push(ended);
    for (const effect of this.#effects) {
      if (effect.ended > began || !isCoveredBySync(effect.change, node)) continue;
      const isUnsynced = effect.durableAt === Infinity && !effect.isLost;
      if (isUnsynced && succeeded) effect.durableAt = ended;
      else if (isUnsynced && !this.#folders.has(node)) effect.isLost = true;
    }
  }

  #withHandle(number: number, use: (handle: Handle) => void): void {
    const handle = this.#handles.get(number);
    if (handle !== undefined) use(handle);
  }

  #newNode(): NodeNumber {
    this.#lastNode += 1;
    return this.#lastNode;
  }

  /** Returns the folder of a path, if it is known, and the name in it. */
  #resolve(path: string): { readonly folder: NodeNumber | undefined; readonly name: string } {
    let folder: NodeNumber | undefined = ROOT_PARENT;
    for (const part of relative(this.#base, dirname(path)).split(sep)) {
      if (part !== "" && folder !== undefined) folder = this.#state.entry(folder, part);
    }
    return { folder, name: basename(path) };
  }

  #nameOf(node: NodeNumber): string {
    for (const each of this.#state.walk()) {
      if (each.node === node) return formatPath(each.path.slice(1));
    }
    return "an unlinked file";
  }

  #show(path: string): string {
    return relative(this.#base, path).split(sep).slice(1).join("/") || "the folder itself";
  }
}

/** Whether a sync of the node makes the change durable. A rename is atomic, so either folder suffices. */
function isCoveredBySync(change: Change, node: NodeNumber): boolean {
  if (change.type === "write" || change.type === "truncate") return change.node === node;
  return change.folder === node || (change.type === "move" && change.toFolder === node);
}
