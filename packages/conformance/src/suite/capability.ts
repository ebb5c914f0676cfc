import type { Harness, Power } from "./harness.ts";

/** A power that the case's "powers" name, so that the harness has it. */
export function power<Name extends Power>(harness: Harness, name: Name): NonNullable<Harness[Name]> {
  const found: Harness[Name] = harness[name];
  if (found === undefined || found === null)
    throw new TypeError(`The case uses the power ${name}, which its "powers" do not name.`);
  return found;
}
