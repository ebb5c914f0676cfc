import { layersOf } from "../runtime/layers-of.ts";

/** The layers of this project in the order in which they combine, the outermost first. */
const ORDER = ["hiddenIds", "history", "attachments", "compression", "encryption"] as const;
type LayerName = (typeof ORDER)[number];

/**
 * Layers that may be used twice: attachments separate long strings, so the outer layer leaves none for the inner one.
 */
const REPEATABLE: readonly LayerName[] = ["attachments"];

function functionOf(name: string): string {
  return `with${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Throws a `TypeError` if the layer `name` cannot be applied to `store`, which already has it or one that belongs outside. */
export function checkLayers(name: LayerName, store: unknown): void {
  const layers = layersOf(store);
  if (layers.includes(name) && !REPEATABLE.includes(name)) {
    throw new TypeError(`The store already has ${name}. Call \`${functionOf(name)}\` once.`);
  }
  const outer: readonly string[] = ORDER.slice(0, ORDER.indexOf(name));
  const misplaced = layers.find((layer) => outer.includes(layer));
  if (misplaced === undefined) return;
  const order = `${ORDER.map((layer) => `${functionOf(layer)}(`).join("")}store${")".repeat(ORDER.length)}`;
  throw new TypeError(
    `\`${functionOf(name)}\` must be inside of \`${functionOf(misplaced)}\`. Call the functions in this order, without those that you do not use: ${order}.`,
  );
}
