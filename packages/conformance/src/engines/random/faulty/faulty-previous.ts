import type { Previous, SaveOptions } from "@threadstore/core";
import fc from "fast-check";
import type { FaultyModel } from "./faulty-model.ts";
import type { Precondition } from "./possible-states.ts";

/** Selects the `previous` that a caller passes. The version it stands for depends on the calls before. */
export interface HeldChoice {
  readonly which: "held" | "absent" | "unconditional" | "stale" | "other thread";
  readonly asVersion: boolean;
  readonly number: number;
}

export const heldChoice: fc.Arbitrary<HeldChoice> = fc.record({
  which: fc.oneof(
    { weight: 7, arbitrary: fc.constant("held" as const) },
    { weight: 1, arbitrary: fc.constant("absent" as const) },
    { weight: 3, arbitrary: fc.constant("unconditional" as const) },
    { weight: 2, arbitrary: fc.constant("stale" as const) },
    { weight: 1, arbitrary: fc.constant("other thread" as const) },
  ),
  asVersion: fc.boolean(),
  number: fc.nat(3),
});

/** A choice resolved at the time of a call. */
export interface HeldPrevious {
  readonly precondition: Precondition;
  readonly previous: Previous | undefined;
  readonly description: string;
}

export function heldPrevious(model: FaultyModel, id: string, choice: HeldChoice): HeldPrevious {
  if (choice.which === "unconditional")
    return { precondition: "none", previous: undefined, description: "unconditionally" };
  const { returnedThreads, states } = model.knowledgeOf(id);
  const version = versionFor(model, id, choice);
  if (version === undefined) return { precondition: "absent", previous: undefined, description: "as new" };
  const stored = choice.asVersion ? undefined : returnedThreads.get(version);
  const number = states.versions.indexOf(version) + 1;
  const name = number === 0 ? "a version of another thread" : `its version ${number}`;
  return {
    precondition: { version },
    previous: stored ?? version,
    description: `on ${name} as ${stored === undefined ? "version" : "stored thread"}`,
  };
}

export function saveOptions({ precondition, previous }: HeldPrevious): SaveOptions {
  return precondition === "none" ? { overwrite: true } : { previous };
}

function versionFor(model: FaultyModel, id: string, { which, number }: HeldChoice): string | undefined {
  const { heldVersion, states } = model.knowledgeOf(id);
  switch (which) {
    case "stale":
      return nth(
        states.versions.filter((version) => version !== heldVersion),
        number,
      );
    case "other thread":
      return nth(model.versionsOfOthers(id), number) ?? heldVersion;
    case "held":
      return heldVersion;
    default:
      return undefined;
  }
}

function nth(versions: readonly string[], number: number): string | undefined {
  return versions[versions.length - 1 - (number % versions.length)];
}
