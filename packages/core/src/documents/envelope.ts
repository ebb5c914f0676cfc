import type { JsonValue } from "../thread-store.ts";
import { mismatchMessage, quoteName } from "./json-path.ts";
import type { JsonObject } from "./json.ts";

/** The `format` member of every serialized thread, whatever its kind. */
export const THREAD_FORMAT = "threadstore.thread";

/**
 * Why a document cannot be read:
 *
 * - `not-a-thread`: its `format` is not {@link THREAD_FORMAT}.
 * - `invalid-kind`: its `kind` is not a string.
 * - `other-kind`: its `kind` is a string, but not one of the expected kinds.
 * - `invalid-version`: its `version` is not a positive integer.
 * - `too-new`: a later release wrote it.
 */
export type EnvelopeProblemReason =
  | "invalid-kind"
  | "invalid-version"
  | "not-a-thread"
  | "other-kind"
  | "too-new";

export interface EnvelopeProblem {
  readonly reason: EnvelopeProblemReason;
  /** The path of the offending member, such as `$.kind`. */
  readonly path: string;
  /** The problem in one sentence. The reader adds the remedy, except for `too-new`, which has one. */
  readonly message: string;
}

/** Options of {@link readEnvelope}. */
export interface EnvelopeOptions<Kind extends string> {
  /** The kinds of thread that can be read, each with the latest version of its format that can be read. */
  readonly kinds: { readonly [Name in Kind]: number };
  /** The package that reads the thread, for the message that asks to update it. */
  readonly packageName: string;
  /** Creates the error to throw. */
  readonly error: (problem: EnvelopeProblem) => Error;
}

/** A document whose `format`, `kind` and `version` have been checked. */
export interface Envelope<Kind extends string> {
  readonly kind: Kind;
  readonly version: number;
  /** The other members of the document, unchecked. */
  readonly members: JsonObject;
}

/**
 * Reads the members that every serialized thread has, so that its other members can be read as that kind and version.
 * `document` is untrusted.
 */
export function readEnvelope<Kind extends string>(
  document: { readonly [member: string]: JsonValue | undefined },
  options: EnvelopeOptions<Kind>,
): Envelope<Kind> {
  const { format, kind, version, ...members } = document;
  if (format !== THREAD_FORMAT) {
    const message = mismatchMessage(
      "$.format",
      `"${THREAD_FORMAT}"`,
      ...(typeof format === "string" ? [] : [format]),
    );
    throw options.error({ reason: "not-a-thread", path: "$.format", message });
  }
  const latestVersion = checkKind(kind, options);
  checkVersion(version, latestVersion, options);
  return { kind: kind as Kind, version, members: members as JsonObject };
}

/** Checks the kind and returns the latest version of it that can be read. */
function checkKind(kind: JsonValue | undefined, { kinds, error }: EnvelopeOptions<string>): number {
  const path = "$.kind";
  const expected = Object.keys(kinds)
    .map((name) => `"${name}"`)
    .join(" or ");
  if (typeof kind !== "string") {
    throw error({ reason: "invalid-kind", path, message: mismatchMessage(path, expected, kind) });
  }
  const latest = Object.entries<number>(kinds).find(([name]) => name === kind)?.[1];
  if (latest !== undefined) return latest;
  const message = `\`${path}\` must be ${expected}, but is ${quoteName(kind)}.`;
  throw error({ reason: "other-kind", path, message });
}

function checkVersion(
  version: JsonValue | undefined,
  latest: number,
  { packageName, error }: EnvelopeOptions<string>,
): asserts version is number {
  const path = "$.version";
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1) {
    const message = mismatchMessage(path, "a positive integer", version);
    throw error({ reason: "invalid-version", path, message });
  }
  if (version <= latest) return;
  const message = `This thread has format version ${version}, but this release of ${packageName} only reads versions up to ${latest}. Update the package.`;
  throw error({ reason: "too-new", path, message });
}
