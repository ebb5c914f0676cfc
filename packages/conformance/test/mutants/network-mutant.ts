import { keyValueHarness, type NetworkBug } from "../stores/key-value/key-value-harness.ts";
import type { Mutant } from "./mutant.ts";

/** A mutant of the key-value store. `makeBug` runs once a harness. */
export function networkMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  makeBug: () => NetworkBug,
): Mutant {
  return { name, bug, base: "HTTP", killedBy, make: () => keyValueHarness(name, makeBug()) };
}

type MakeDriver = NonNullable<NetworkBug["driver"]>;

export function driverMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  driver: MakeDriver,
): Mutant {
  return networkMutant(name, bug, killedBy, () => ({ driver }));
}
