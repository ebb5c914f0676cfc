/** A deterministic source of random numbers from 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns the shares of `count` tenants, the largest first: the share of the n-th is proportional to 1/n^exponent (Zipf). */
export function zipfShares(count: number, exponent: number): Float64Array {
  const shares = Float64Array.from({ length: count }, (_, index) => (index + 1) ** -exponent);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

/** Returns how many of `draws` random draws fall on each tenant. Each draw takes the same time (alias method). */
export function drawCounts(shares: Float64Array, draws: number, random: () => number): Uint32Array {
  const { probability, alias } = aliasTable(shares);
  const counts = new Uint32Array(shares.length);
  for (let draw = 0; draw < draws; draw += 1) {
    const column = Math.floor(random() * shares.length);
    const tenant = random() < (probability[column] ?? 0) ? column : (alias[column] ?? 0);
    counts[tenant] = (counts[tenant] ?? 0) + 1;
  }
  return counts;
}

function aliasTable(shares: Float64Array): {
  readonly probability: Float64Array;
  readonly alias: Uint32Array;
} {
  const probability = shares.map((share) => share * shares.length);
  const alias = new Uint32Array(shares.length);
  const small: number[] = [];
  const large: number[] = [];
  probability.forEach((value, index) => void (value < 1 ? small : large).push(index));
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop() ?? 0, large.at(-1) ?? 0];
    alias[less] = more;
    probability[more] = (probability[more] ?? 0) + (probability[less] ?? 0) - 1;
    if ((probability[more] ?? 0) < 1) small.push(large.pop() ?? 0);
  }
  // The remaining probabilities are 1, except for rounding.
  for (const index of [...small, ...large]) probability[index] = 1;
  return { probability, alias };
}

export function tenantName(index: number): string {
  return `tenant-${index}`;
}
