/** Agents whose threads are references to a stored history. They load and save by themselves. */
const agents = new WeakSet<object>();

export function markWithHistory<Agent extends object>(agent: Agent): Agent {
  agents.add(agent);
  return agent;
}

export function hasHistory(agent: object): boolean {
  return agents.has(agent);
}
