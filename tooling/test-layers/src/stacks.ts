import { withAttachments } from "@threadstore/attachments";
import { withCompression } from "@threadstore/compression";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { type HistoryStore, type KeepOptions, withHistory } from "@threadstore/history";

/** The key of the tests. The stores are deleted after them. */
const KEY = "dGVzdHMgb2YgdGhlIGxheWVycyB1c2UgdGhpcyBrZXk=";

/** The options of a stack, as the suite passes them. Sizes are those of threads as callers see them. */
export interface StackOptions extends Pick<StoreOptions, "maxThreadBytes"> {
  /** The versions that history keeps. */
  readonly keep?: KeepOptions;
}

type Layer = (store: ThreadStore, options: StackOptions) => ThreadStore;

/** The limit of the outermost layer, unless the suite sets another. */
const OUTER_MAX_BYTES = 16_777_216;
/** The limit of all that is inside of it, which stores more than the threads. */
export const INNER_MAX_BYTES = 67_108_864;

// With these options, the suite's small threads are compressed and have attachments.
const history: Layer = (store, { maxThreadBytes = OUTER_MAX_BYTES, keep = { versions: 20 } }) =>
  withHistory(store, { keep, maxThreadBytes });
const attachments: Layer = (store, { maxThreadBytes = OUTER_MAX_BYTES }) =>
  withAttachments(store, { limitBytes: 64, strings: "any", maxThreadBytes });
const compression: Layer = (store, { maxThreadBytes = OUTER_MAX_BYTES }) =>
  withCompression(store, { minBytes: 0, maxThreadBytes });
const encryption: Layer = (store, { maxThreadBytes = OUTER_MAX_BYTES }) =>
  withEncryption(store, { keys: staticKeys({ current: "test", keys: { test: KEY } }), maxThreadBytes });

/** The layers by name, in the order in which they combine: the outermost first. */
export const LAYERS: { readonly [Name in LayerName]: Layer } = {
  history,
  attachments,
  compression,
  encryption,
};
export type LayerName = "history" | "attachments" | "compression" | "encryption";
export const LAYER_NAMES: readonly LayerName[] = ["history", "attachments", "compression", "encryption"];

/** Stacks of layers, the outermost first. */
export const STACKS: readonly (readonly LayerName[])[] = [
  ["history", "compression", "encryption"],
  ["attachments", "compression", "encryption"],
  ["history", "attachments", "compression", "encryption"],
];

/** Returns the name of layers in titles. */
export function titleOf(layers: readonly LayerName[]): string {
  return layers.join(" over ");
}

/** Applies the layers to a store. */
export function stackOn(
  names: readonly LayerName[],
  store: ThreadStore,
  options: StackOptions = {},
): ThreadStore {
  // The limit of the outermost layer applies to threads as callers see them, so the others have none that matters.
  return names.toReversed().reduce((inner, name, index) => {
    const isOutermost = index === names.length - 1;
    return LAYERS[name](inner, isOutermost ? options : { ...options, maxThreadBytes: INNER_MAX_BYTES });
  }, store);
}

/** Applies the layers, of which the outermost is history. */
export function historyStackOn(
  names: readonly LayerName[],
  store: ThreadStore,
  options: StackOptions,
): HistoryStore {
  return stackOn(names, store, options) as HistoryStore;
}

/** Whether history is the outermost of the layers. */
export function hasHistory([outermost]: readonly LayerName[]): boolean {
  return outermost === "history";
}
