/** Identifies a file or folder, whatever its names are. */
export type NodeNumber = number;

/** The parent of the watched folder. It exists before the trace starts and is never removed. */
export const ROOT_PARENT: NodeNumber = 0;

/** One change to a disk, in terms of nodes, so that its meaning does not depend on which other changes took place. */
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

/** How much of a write a power cut leaves. With `zeros`, the file has its new size, but not yet the new content. */
export type Extent = "whole" | "half" | "zeros";

/** File contents by path, relative to the root's parent; `null` for a folder. */
export type Tree = ReadonlyMap<string, Buffer | null>;

/** The files and folders on a disk after the changes applied so far. */
export class DiskState {
  readonly #folders = new Map<NodeNumber, Map<string, NodeNumber>>();
  readonly #files = new Map<NodeNumber, Buffer>();

  constructor(folders: Iterable<NodeNumber> = [ROOT_PARENT]) {
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

  /** Yields every node that has a name, with the directory entries on its path from {@link ROOT_PARENT}. */
  *walk(
    from: NodeNumber = ROOT_PARENT,
    path: readonly Entry[] = [],
  ): Generator<{ readonly node: NodeNumber; readonly path: readonly Entry[] }> {
    yield { node: from, path };
    for (const [name, node] of this.#folders.get(from) ?? []) {
      yield* this.walk(node, [...path, { folder: from, name, node }]);
    }
  }

  tree(): Tree {
    const tree = new Map<string, Buffer | null>();
    for (const { node, path } of this.walk()) {
      if (path.length > 0) tree.set(formatPath(path), this.isFolder(node) ? null : this.content(node));
    }
    return tree;
  }

  #entries(folder: NodeNumber): Map<string, NodeNumber> {
    return this.#folders.get(folder) ?? new Map<string, NodeNumber>();
  }

  /** Removes an entry if it exists. The change that created it may be one that did not reach the disk. */
  #remove({ folder, name, node }: Entry): void {
    const entries = this.#entries(folder);
    if (entries.get(name) === node) entries.delete(name);
  }

  /** Moves an entry. A folder has only one name, so it is removed from wherever it is. */
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

/** A directory entry. */
export interface Entry {
  readonly folder: NodeNumber;
  readonly name: string;
  readonly node: NodeNumber;
}

export function formatPath(path: readonly Entry[]): string {
  return path.map(({ name }) => name).join("/");
}
