import { ThreadStoreError } from "@threadstore/core";
import { type Outcome, fail, describeError } from "../../suite/expectations.ts";

/** Returns the only outcome that succeeded. The others must be CONFLICT. */
export function onlyWinner<T>(outcomes: readonly Outcome<T>[], expectation: string): T {
  const winners = outcomes.flatMap((each) => (each.state === "resolved" ? [each.value] : []));
  for (const each of outcomes) {
    if (each.state === "resolved" || ThreadStoreError.is(each.error, "CONFLICT")) continue;
    fail(`the loser of a race gets CONFLICT`, `one got ${describeError(each.error)}`);
  }
  const [winner] = winners;
  if (winner === undefined || winners.length !== 1)
    fail(expectation, `${winners.length} of ${outcomes.length} succeeded`);
  return winner;
}
