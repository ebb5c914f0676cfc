/**
 * Finds messages that were read earlier in the current conversation, to which messages may have been added, and in
 * which messages may have been edited or removed. Returns the earlier position of each current message, or
 * `undefined` if it is new.
 *
 * Works like a patience diff: a message that occurs once on both sides is an anchor, and equal messages around an
 * anchor are matched. This distinguishes equal messages by their neighbors, in O(n log n) steps.
 */
export function align(before: readonly string[], now: readonly string[]): (number | undefined)[] {
  const matches: (number | undefined)[] = Array.from({ length: now.length });
  const anchors = findAnchors(before, now);
  for (const { was, is } of anchors) matches[is] = was;
  const boundaries = [{ was: -1, is: -1 }, ...anchors, { was: before.length, is: now.length }];
  for (const [index, start] of boundaries.entries()) {
    const end = boundaries[index + 1];
    if (end !== undefined) matchBetween(before, now, start, end, matches);
  }
  return matches;
}

/** The earlier and the current position of a message. */
interface Anchor {
  readonly was: number;
  readonly is: number;
}

/**
 * Matches backward from the anchor at the end first, because messages are mostly removed from the front. Not from the
 * end of the conversation, which is not an anchor, because messages are appended there.
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
  const positions = uniquePositions(before);
  const candidates = [...uniquePositions(now)].flatMap(([text, is]) => {
    const was = positions.get(text);
    return was === undefined ? [] : [{ was, is }];
  });
  return longestIncreasingRun(candidates);
}

/** Returns the positions of the texts that occur once. */
function uniquePositions(texts: readonly string[]): Map<string, number> {
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

/** Returns the longest run of anchors that are in order on both sides. `anchors` are in their current order. */
function longestIncreasingRun(anchors: readonly Anchor[]): Anchor[] {
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
