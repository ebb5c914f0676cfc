import type { Previous, SaveOptions } from "@threadstore/core";
import fc from "fast-check";
import { show } from "../../suite/expectations.ts";
import type { Model, Space } from "./model.ts";

/** What a caller hands in as `previous`; what it is by then depends on the calls before. */
export interface PreviousChoice {
  readonly which: "current" | "none" | "any" | "stale" | "of another" | "garbage";
  readonly form: "version" | "object" | "stored thread";
  /** Which of several. */
  readonly number: number;
}

export const previousChoice: fc.Arbitrary<PreviousChoice> = fc.record({
  which: fc.oneof(
    { weight: 6, arbitrary: fc.constant("current" as const) },
    { weight: 4, arbitrary: fc.constant("none" as const) },
    { weight: 2, arbitrary: fc.constant("any" as const) },
    { weight: 4, arbitrary: fc.constant("stale" as const) },
    { weight: 2, arbitrary: fc.constant("of another" as const) },
    { weight: 2, arbitrary: fc.constant("garbage" as const) },
  ),
  form: fc.constantFrom("version", "object", "stored thread"),
  number: fc.nat(7),
});

/** A choice as it is at the time of a call. */
export interface Given {
  /** Without a condition: `overwrite`, or a delete of whatever is there. */
  readonly isAny: boolean;
  readonly version: string | undefined;
  readonly previous: Previous | undefined;
  /** For a save. */
  readonly options: SaveOptions;
  /** Whether a store may also refuse it as no version of its own. */
  readonly isGarbage: boolean;
  /** What it is, whatever it was to be. */
  readonly kind: "nothing" | "anything" | "current" | "stale" | "of another" | "no version";
  readonly text: string;
}

const garbage = ["0", "1", "no-such-version", "x".repeat(40)] as const;

/** Without a version that fits the choice: what natural code gives. */
export function given(model: Model, space: Space, id: string, choice: PreviousChoice): Given {
  const { which, form, number } = choice;
  const current = model.live(space, id)?.version;
  const version =
    which === "garbage"
      ? (garbage[number % garbage.length] ?? "0")
      : (versionFor(model, space, id, choice) ?? current);
  // Who saw nothing has no previous.
  if (which === "any" || which === "none" || version === undefined) {
    const isAny = which === "any";
    const options = isAny ? { overwrite: true } : form === "object" ? {} : { previous: undefined };
    const kind = isAny ? "anything" : "nothing";
    const none = { version: undefined, previous: undefined, isGarbage: false };
    return { ...none, isAny, options, kind, text: kind };
  }
  const { versions, handedOut } = model.recordOf(space, id);
  const isOwn = versions.includes(version);
  const stored = form === "stored thread" && isOwn ? handedOut.get(version) : undefined;
  const name = isOwn
    ? `its version ${versions.indexOf(version) + 1}`
    : `${show(version)}, which it never had,`;
  const previous = form === "version" ? version : (stored ?? { version });
  return {
    isAny: false,
    version,
    previous,
    options: { previous },
    isGarbage: !isOwn,
    kind: kindOf(model, space, id, version),
    text: `${name} as ${stored === undefined && form !== "version" ? "object" : form}`,
  };
}

function kindOf(model: Model, space: Space, id: string, version: string): Given["kind"] {
  if (version === model.live(space, id)?.version) return "current";
  if (model.recordOf(space, id).versions.includes(version)) return "stale";
  return model.versionsOfOthers(space, id).includes(version) ? "of another" : "no version";
}

function versionFor(model: Model, space: Space, id: string, choice: PreviousChoice): string | undefined {
  switch (choice.which) {
    case "stale": {
      const current = model.live(space, id)?.version;
      const { versions } = model.recordOf(space, id);
      return nth(versions.filter((version) => version !== current).toReversed(), choice.number);
    }
    case "of another":
      return nth(model.versionsOfOthers(space, id).toReversed(), choice.number);
    default:
      return undefined;
  }
}

function nth(versions: readonly string[], number: number): string | undefined {
  return versions[number % versions.length];
}
