/** A symbol of the realm, so that it is found in a copy of the agent, and by another copy of this package. */
const WITH_HISTORY = Symbol.for("threadstore.agent-with-history");

/** Marks an agent whose threads are references to a stored history. It loads and saves by itself. */
export function markWithHistory<Agent extends object>(agent: Agent): Agent {
  return { ...agent, [WITH_HISTORY]: true };
}

export function hasHistory(agent: object): boolean {
  return WITH_HISTORY in agent;
}
