/**
 * Finds the messages of a thread that were read in a conversation that has gone on since: messages may have been
 * added, edited or removed. Gives for each present message the position of the one it was, or `undefined`.
 *
 * As in a patience diff: what occurs once on both sides is an anchor, and around the anchors whatever equals is
 * taken to be the same. So of two equal messages the one with the right neighbours is found, in n log n steps.
 */
export function align(before: readonly string[], now: readonly string[]): (number | undefined)[] {
  const matches: (number | undefined)[] = Array.from({ length: now.length });
  const anchors = findAnchors(before, now);
  for (const { was, is } of anchors) matches[is] = was;
  const ends = [{ was: -1, is: -1 }, ...anchors, { was: before.length, is: now.length }];
  for (const [index, start] of ends.entries()) {
    const end = ends[index + 1];
    if (end !== undefined) matchBetween(before, now, start, end, matches);
  }
  return matches;
}

interface Anchor {
  readonly was: number;
  readonly is: number;
}

/**
 * From the anchor at the end backwards first, since messages are mostly cut from the front. But not from the end
 * of the conversation, which is no anchor: there messages are added.
 */
function matchBetween(
  before: readonly string[],
  now: readonly string[],
  start: Anchor,
  end: Anchor,
  matches: (number | undefined)[],
): void {
  let { was: endWas, is: endIs } = end;
  const lowest = endIs < now.length ? start.was : endWas;
  while (endWas - 1 > lowest && endIs - 1 > start.is && before[endWas - 1] === now[endIs - 1]) {
    endWas -= 1;
    endIs -= 1;
    matches[endIs] = endWas;
  }
  let { was, is } = start;
  while (was + 1 < endWas && is + 1 < endIs && before[was + 1] === now[is + 1]) {
    was += 1;
    is += 1;
    matches[is] = was;
  }
}

function findAnchors(before: readonly string[], now: readonly string[]): Anchor[] {
  const positions = onlyOnce(before);
  const candidates = [...onlyOnce(now)].flatMap(([text, is]) => {
    const was = positions.get(text);
    return was === undefined ? [] : [{ was, is }];
  });
  return longestRising(candidates);
}

function onlyOnce(texts: readonly string[]): Map<string, number> {
  const positions = new Map<string, number>();
  const repeated = new Set<string>();
  texts.forEach((text, index) => {
    if (positions.has(text)) repeated.add(text);
    positions.set(text, index);
  });
  for (const text of repeated) positions.delete(text);
  return positions;
}

interface Pile {
  readonly anchor: Anchor;
  readonly previous: Pile | undefined;
}

/** The longest run of anchors that keeps the order on both sides; `anchors` come in the order of now. */
function longestRising(anchors: readonly Anchor[]): Anchor[] {
  const piles: Pile[] = [];
  for (const anchor of anchors) {
    let low = 0;
    let high = piles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((piles[middle]?.anchor.was ?? 0) < anchor.was) low = middle + 1;
      else high = middle;
    }
    piles[low] = { anchor, previous: piles[low - 1] };
  }
  const run: Anchor[] = [];
  for (let pile = piles.at(-1); pile !== undefined; pile = pile.previous) run.push(pile.anchor);
  return run.toReversed();
}
