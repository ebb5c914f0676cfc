/** The states of a call before it has a result, in their order. */
const OPEN_STATES: readonly unknown[] = [
  "input-streaming",
  "input-available",
  "approval-requested",
  "approval-responded",
];

/** The order of calls that have a result. */
export const RESULT_ORDER: number = OPEN_STATES.length;

/** Returns the position of a call's state in its life. States of later versions of the SDK count as results. */
export function orderOf({ state }: { readonly [name: string]: unknown }): number {
  const order = OPEN_STATES.indexOf(state);
  return order === -1 ? RESULT_ORDER : order;
}

/** Returns whether a call has a result that no longer changes. */
export function isFinished(call: { readonly [name: string]: unknown }): boolean {
  return orderOf(call) === RESULT_ORDER && call["preliminary"] !== true;
}

/**
 * Returns the call that each id means. If several calls of a message have the same id, it is the first of those that
 * progressed the most. Only one can be answered, because pages and models know calls by their ids.
 */
export function callsById<Call extends { readonly [name: string]: unknown }>(
  calls: readonly Call[],
): ReadonlyMap<unknown, Call> {
  const byId = new Map<unknown, Call>();
  for (const call of calls) {
    const other = byId.get(call["toolCallId"]);
    if (other === undefined || orderOf(call) > orderOf(other)) byId.set(call["toolCallId"], call);
  }
  return byId;
}
