import { AssertionError } from "node:assert";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Harness, Waiver } from "./harness.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/u;

/** The waivers in force, by case. Throws a `TypeError` for one that names no case, no reason or no day. */
export function waiversOf(harness: Harness, cases: readonly ConformanceCase[]): Map<string, Waiver> {
  const today = new Date().toISOString().slice(0, 10);
  const known = new Set(cases.map(({ id }) => id));
  const inForce = new Map<string, Waiver>();
  for (const waiver of harness.waivers ?? []) {
    const { case: id, reason, until } = waiver;
    if (!known.has(id))
      throw new TypeError(`A waiver names the case ${JSON.stringify(id)}, which does not exist.`);
    if (reason.trim() === "") throw new TypeError(`The waiver of ${id} gives no reason.`);
    if (!DAY.test(until))
      throw new TypeError(`The waiver of ${id} ends on a day such as 2027-01-31, not ${until}.`);
    if (today < until) inForce.set(id, waiver);
  }
  return inForce;
}

/** Runs a waived case, which has to fail. */
export async function expectFailure({ case: id }: Waiver, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch {
    // The known failure: what it is stands in the waiver's reason.
    return;
  }
  throw new AssertionError({ message: `${id} passes, though it is waived. Remove the waiver.` });
}
