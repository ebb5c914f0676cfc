import type { ThreadStore } from "@threadstore/core";
import { count, formatBytes } from "../output/format.ts";
import { walk } from "../walk/walk.ts";

/** A namespace, with the numbers of its own threads. */
export interface NamespaceNode {
  readonly name: string;
  readonly threads: number;
  readonly bytes: number;
  readonly namespaces: readonly NamespaceNode[];
}

interface MutableNode {
  name: string;
  threads: number;
  bytes: number;
  namespaces: MutableNode[];
}

/** Counts the threads of a store and of each namespace in it. */
export async function namespaceTree(store: ThreadStore, signal: AbortSignal): Promise<NamespaceNode> {
  const root: MutableNode = { name: "", threads: 0, bytes: 0, namespaces: [] };
  for await (const { namespaces, threads } of walk(store, { limit: 1000, signal })) {
    const node = nodeAt(root, namespaces);
    node.threads += threads.length;
    node.bytes += threads.reduce((sum, { size = 0 }) => sum + size, 0);
  }
  return root;
}

function nodeAt(root: MutableNode, path: readonly string[]): MutableNode {
  return path.reduce((parent, name) => {
    // A walk goes depth first, so a namespace that is already there is the last one.
    const last = parent.namespaces.at(-1);
    if (last?.name === name) return last;
    const node = { name, threads: 0, bytes: 0, namespaces: [] };
    parent.namespaces.push(node);
    return node;
  }, root);
}

/** Returns the lines of a tree below the name of its root. */
export function treeLines({ threads, bytes, namespaces }: NamespaceNode): string[] {
  const own = threads > 0 ? [`${count(threads, "thread")}, ${formatBytes(bytes)}`] : [];
  return [...own, ...branches(namespaces)];
}

function branches(nodes: readonly NamespaceNode[]): string[] {
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const numbers = node.threads > 0 ? `  ${count(node.threads, "thread")}, ${formatBytes(node.bytes)}` : "";
    const heading = `${isLast ? "└── " : "├── "}${encodeURIComponent(node.name)}${numbers}`;
    return [heading, ...branches(node.namespaces).map((line) => `${isLast ? "    " : "│   "}${line}`)];
  });
}
