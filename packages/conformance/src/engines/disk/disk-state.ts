/** A file or folder, whatever it is called. */
export type NodeNumber = number;

/** The folder above the one that is watched, which is there and stays. */
export const aboveRoot: NodeNumber = 0;

/** One change of a disk, in terms of nodes, so that it means the same whatever else took place. */
export type Change =
  | {
      readonly type: "link";
      readonly folder: NodeNumber;
      readonly name: string;
      readonly node: NodeNumber;
    }
  | {
      readonly type: "unlink";
      readonly folder: NodeNumber;
      readonly name: string;
      readonly node: NodeNumber;
    }
  | {
      readonly type: "move";
      readonly folder: NodeNumber;
      readonly name: string;
      readonly node: NodeNumber;
      readonly toFolder: NodeNumber;
      readonly toName: string;
    }
  | {
      readonly type: "write";
      readonly node: NodeNumber;
      readonly position: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: "truncate"; readonly node: NodeNumber; readonly length: number };

/** What a power cut made of a write: `zeros` is a file that has grown, while its content was not written yet. */
export type Extent = "whole" | "half" | "zeros";

/** Paths, relative to the folder above the root; `null` for a folder. */
export type Tree = ReadonlyMap<string, Buffer | null>;

/** What is on a disk, as the changes that took place make it. */
export class DiskState {
  readonly #folders = new Map<NodeNumber, Map<string, NodeNumber>>();
  readonly #files = new Map<NodeNumber, Buffer>();

  constructor(folders: Iterable<NodeNumber> = [aboveRoot]) {
    for (const folder of folders) this.addFolder(folder);
  }

  addFolder(folder: NodeNumber): void {
    this.#folders.set(folder, new Map());
  }

  apply(change: Change, extent: Extent = "whole"): void {
    if (change.type === "write") this.#write(change, extent);
    else if (change.type === "truncate") this.#truncate(change.node, change.length);
    else if (change.type === "link") this.#entries(change.folder).set(change.name, change.node);
    else if (change.type === "move") this.#move(change);
    else this.#remove(change);
  }

  entry(folder: NodeNumber, name: string): NodeNumber | undefined {
    return this.#folders.get(folder)?.get(name);
  }

  isFolder(node: NodeNumber): boolean {
    return this.#folders.has(node);
  }

  content(file: NodeNumber): Buffer {
    return this.#files.get(file) ?? Buffer.alloc(0);
  }

  /** All nodes that have a name, each with the entries that lead to it from {@link aboveRoot}. */
  *walk(
    from: NodeNumber = aboveRoot,
    way: readonly Entry[] = [],
  ): Generator<{ readonly node: NodeNumber; readonly way: readonly Entry[] }> {
    yield { node: from, way };
    for (const [name, node] of this.#folders.get(from) ?? []) {
      yield* this.walk(node, [...way, { folder: from, name, node }]);
    }
  }

  tree(): Tree {
    const tree = new Map<string, Buffer | null>();
    for (const { node, way } of this.walk()) {
      if (way.length > 0) tree.set(pathOf(way), this.isFolder(node) ? null : this.content(node));
    }
    return tree;
  }

  #entries(folder: NodeNumber): Map<string, NodeNumber> {
    return this.#folders.get(folder) ?? new Map<string, NodeNumber>();
  }

  /** The change that put it there may be one of those that did not take place. */
  #remove({ folder, name, node }: Entry): void {
    const entries = this.#entries(folder);
    if (entries.get(name) === node) entries.delete(name);
  }

  /** It is in its new place then, wherever it was before: a folder has one name only. */
  #move(change: Extract<Change, { type: "move" }>): void {
    const { node, toFolder, toName } = change;
    if (this.isFolder(node)) {
      for (const [folder, entries] of this.#folders) {
        for (const [name, each] of entries) if (each === node) this.#remove({ folder, name, node });
      }
    } else this.#remove(change);
    this.#entries(toFolder).set(toName, node);
  }

  #write({ node, position, bytes }: Extract<Change, { type: "write" }>, extent: Extent): void {
    const length = extent === "half" ? Math.floor(bytes.length / 2) : bytes.length;
    const before = this.content(node);
    const after = Buffer.alloc(Math.max(before.length, position + length));
    before.copy(after);
    if (extent === "zeros") after.fill(0, position, position + length);
    else after.set(bytes.subarray(0, length), position);
    this.#files.set(node, after);
  }

  #truncate(file: NodeNumber, length: number): void {
    const after = Buffer.alloc(length);
    this.content(file).copy(after);
    this.#files.set(file, after);
  }
}

export interface Entry {
  readonly folder: NodeNumber;
  readonly name: string;
  readonly node: NodeNumber;
}

export function pathOf(way: readonly Entry[]): string {
  return way.map(({ name }) => name).join("/");
}
