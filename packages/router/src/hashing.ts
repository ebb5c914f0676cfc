/** The relative capacity of each store, by name. */
export type Weights = ReadonlyMap<string, number>;

const HASHES = 2 ** 53;

/** Returns a hash of 53 bits (cyrb53), which is the same on every platform. */
export function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 2 ** 32 * (0x1fffff & low) + (high >>> 0);
}

/**
 * Returns the store of a namespace: the one with the highest score (weighted rendezvous hashing). The score of a store
 * does not depend on the other stores. So a new store only takes over namespaces, from the others in proportion to
 * their weights, and only the namespaces of a removed store move.
 */
export function rendezvous(weights: Weights, namespace: string): string {
  let best = "";
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const [name, weight] of weights) {
    // In the open interval from 0 to 1, so that the logarithm is negative and finite.
    const uniform = (hash53(`${name}/${namespace}`) + 0.5) / HASHES;
    const score = -weight / Math.log(uniform);
    if (score > bestScore) [best, bestScore] = [name, score];
  }
  return best;
}
