import type { Previous, SaveOptions } from "@threadstore/core";
import fc from "fast-check";
import type { FaultyModel } from "./faulty-model.ts";
import type { Condition } from "./possible-states.ts";

/** What a caller hands in as `previous`; what it is by then depends on the calls before. */
export interface HeldChoice {
  readonly which: "held" | "nothing" | "anything" | "stale" | "of another";
  readonly asVersion: boolean;
  readonly number: number;
}

export const heldChoice: fc.Arbitrary<HeldChoice> = fc.record({
  which: fc.oneof(
    { weight: 7, arbitrary: fc.constant("held" as const) },
    { weight: 1, arbitrary: fc.constant("nothing" as const) },
    { weight: 3, arbitrary: fc.constant("anything" as const) },
    { weight: 2, arbitrary: fc.constant("stale" as const) },
    { weight: 1, arbitrary: fc.constant("of another" as const) },
  ),
  asVersion: fc.boolean(),
  number: fc.nat(3),
});

export interface HeldPrevious {
  readonly on: Condition;
  readonly previous: Previous | undefined;
  readonly text: string;
}

export function heldPrevious(model: FaultyModel, id: string, choice: HeldChoice): HeldPrevious {
  if (choice.which === "anything") return { on: "anything", previous: undefined, text: "anything" };
  const { handedOut, states } = model.of(id);
  const version = versionFor(model, id, choice);
  if (version === undefined) return { on: "nothing", previous: undefined, text: "nothing" };
  const stored = choice.asVersion ? undefined : handedOut.get(version);
  const number = states.versions.indexOf(version) + 1;
  const name = number === 0 ? "another's version" : `its version ${number}`;
  return {
    on: { version },
    previous: stored ?? version,
    text: `${name} as ${stored === undefined ? "text" : "loaded"}`,
  };
}

export function saveOptions({ on, previous }: HeldPrevious): SaveOptions {
  return on === "anything" ? { overwrite: true } : { previous };
}

function versionFor(model: FaultyModel, id: string, { which, number }: HeldChoice): string | undefined {
  const { held, states } = model.of(id);
  switch (which) {
    case "stale":
      return nth(
        states.versions.filter((version) => version !== held),
        number,
      );
    case "of another":
      return nth(model.versionsOfOthers(id), number) ?? held;
    case "held":
      return held;
    default:
      return undefined;
  }
}

function nth(versions: readonly string[], number: number): string | undefined {
  return versions[versions.length - 1 - (number % versions.length)];
}
