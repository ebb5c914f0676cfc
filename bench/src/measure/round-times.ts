/** The times of one round of the subjects in cases of growing size, which predict that of the next case. */
export interface RoundTimes {
  readonly add: (subject: string, size: number, ms: number) => void;
  /** Returns the expected time of a round in milliseconds; `undefined` without a smaller case. */
  readonly expected: (subject: string, size: number) => number | undefined;
}

interface Time {
  readonly size: number;
  readonly ms: number;
}

export function roundTimes(): RoundTimes {
  const times = new Map<string, readonly Time[]>();
  return {
    add(subject, size, ms) {
      const others = (times.get(subject) ?? []).filter((other) => other.size !== size);
      times.set(
        subject,
        [...others, { size, ms }].toSorted((left, right) => left.size - right.size),
      );
    },
    expected(subject, size) {
      const smaller = (times.get(subject) ?? []).filter((other) => other.size < size);
      const last = smaller.at(-1);
      return last && last.ms * (size / last.size) ** growthOf(smaller.at(-2), last);
    },
  };
}

/**
 * Returns the power of the size with which the time grows: 1 if each save takes the same time, 2 if saves take time
 * proportional to the length of the conversation.
 */
function growthOf(before: Time | undefined, last: Time): number {
  if (before === undefined) return 1;
  const power = Math.log(last.ms / before.ms) / Math.log(last.size / before.size);
  return Math.min(2, Math.max(1, power));
}
