import type { Previous, SaveOptions } from "@threadstore/core";
import fc from "fast-check";
import { show } from "../../suite/expectations.ts";
import type { Model, NamespaceIndex } from "./model.ts";

/** Selects the `previous` that a caller passes. The version it stands for depends on the calls before. */
export interface PreviousChoice {
  readonly which: "current" | "absent" | "unconditional" | "stale" | "other thread" | "made up";
  readonly form: "version" | "object" | "stored thread";
  /** Selects one of several versions. */
  readonly number: number;
}

export const previousChoice: fc.Arbitrary<PreviousChoice> = fc.record({
  which: fc.oneof(
    { weight: 6, arbitrary: fc.constant("current" as const) },
    { weight: 4, arbitrary: fc.constant("absent" as const) },
    { weight: 2, arbitrary: fc.constant("unconditional" as const) },
    { weight: 4, arbitrary: fc.constant("stale" as const) },
    { weight: 2, arbitrary: fc.constant("other thread" as const) },
    { weight: 2, arbitrary: fc.constant("made up" as const) },
  ),
  form: fc.constantFrom("version", "object", "stored thread"),
  number: fc.nat(7),
});

/** A choice resolved at the time of a call. */
export interface ResolvedPrevious {
  /** Whether the call has no precondition: a save with `overwrite`, or a delete without `previous`. */
  readonly isUnconditional: boolean;
  readonly version: string | undefined;
  readonly previous: Previous | undefined;
  /** The options for a save. */
  readonly options: SaveOptions;
  /** Whether the thread never had the version, so that a store may also reject it as an invalid argument. */
  readonly isForeign: boolean;
  /** The kind of version that it turned out to be, which may differ from the choice. */
  readonly kind: PreviousChoice["which"];
  readonly description: string;
}

const MADE_UP_VERSIONS = ["0", "1", "no-such-version", "x".repeat(40)] as const;

/** Resolves a choice. If no version matches it, the result is what application code would pass. */
export function resolvePrevious(
  model: Model,
  namespace: NamespaceIndex,
  id: string,
  choice: PreviousChoice,
): ResolvedPrevious {
  const { which, form, number } = choice;
  const current = model.live(namespace, id)?.version;
  const version =
    which === "made up"
      ? (MADE_UP_VERSIONS[number % MADE_UP_VERSIONS.length] ?? "0")
      : (versionFor(model, namespace, id, choice) ?? current);
  // A caller that knows no version passes no `previous`.
  if (which === "unconditional" || which === "absent" || version === undefined) {
    const isUnconditional = which === "unconditional";
    const options = isUnconditional ? { overwrite: true } : form === "object" ? {} : { previous: undefined };
    const kind = isUnconditional ? "unconditional" : "absent";
    const description = isUnconditional ? "unconditionally" : "as new";
    const none = { version: undefined, previous: undefined, isForeign: false };
    return { ...none, isUnconditional, options, kind, description };
  }
  const { versions, returnedThreads } = model.recordOf(namespace, id);
  const isOwn = versions.includes(version);
  const stored = form === "stored thread" && isOwn ? returnedThreads.get(version) : undefined;
  const name = isOwn
    ? `its version ${versions.indexOf(version) + 1}`
    : `${show(version)}, which it never had,`;
  const previous = form === "version" ? version : (stored ?? { version });
  return {
    isUnconditional: false,
    version,
    previous,
    options: { previous },
    isForeign: !isOwn,
    kind: kindOf(model, namespace, id, version),
    description: `on ${name} as ${stored === undefined && form !== "version" ? "object" : form}`,
  };
}

function kindOf(
  model: Model,
  namespace: NamespaceIndex,
  id: string,
  version: string,
): ResolvedPrevious["kind"] {
  if (version === model.live(namespace, id)?.version) return "current";
  if (model.recordOf(namespace, id).versions.includes(version)) return "stale";
  return model.versionsOfOthers(namespace, id).includes(version) ? "other thread" : "made up";
}

function versionFor(
  model: Model,
  namespace: NamespaceIndex,
  id: string,
  choice: PreviousChoice,
): string | undefined {
  switch (choice.which) {
    case "stale": {
      const current = model.live(namespace, id)?.version;
      const { versions } = model.recordOf(namespace, id);
      return nth(versions.filter((version) => version !== current).toReversed(), choice.number);
    }
    case "other thread":
      return nth(model.versionsOfOthers(namespace, id).toReversed(), choice.number);
    default:
      return undefined;
  }
}

function nth(versions: readonly string[], number: number): string | undefined {
  return versions[number % versions.length];
}
