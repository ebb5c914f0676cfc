import type { Harness } from "./harness.ts";

/** The optional members of a harness that cases depend on. Each one enables more cases. */
export type Capability =
  | "rewrite"
  | "entries"
  | "missing"
  | "network"
  | "childProcess"
  | "disk"
  | "durability"
  | "backend"
  | "history"
  | "withoutHistory";

/** Returns a capability of the harness. The case must declare it in its `capabilities`. */
export function capability<Name extends Capability>(
  harness: Harness,
  name: Name,
): NonNullable<Harness[Name]> {
  const value: Harness[Name] = harness[name];
  if (value === undefined || value === null)
    throw new TypeError(`The case uses ${name}. Add it to the \`capabilities\` of the case.`);
  return value;
}
