import { memberPath } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";

/** Reports strings with lone surrogates, which were replaced when the thread was copied. */
export function reportMalformedText(value: unknown, repairer: Repairer): void {
  for (const { path, position } of findMalformed(value, "$", -1)) {
    const message = "The text contains half of a character.";
    repairer.repair(
      { code: "text-malformed", path, position, message },
      { rewrite: "A repair replaces it with U+FFFD." },
    );
  }
}

interface Location {
  readonly path: string;
  /** The index of the message. */
  readonly position: number;
}

function* findMalformed(value: unknown, path: string, position: number): Generator<Location> {
  if (typeof value === "string") {
    if (!value.isWellFormed()) yield { path, position };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* findMalformed(item, memberPath(path, index), path === "$.messages" ? index : position);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (!name.isWellFormed()) yield { path, position };
      yield* findMalformed(member, memberPath(path, name), position);
    }
  }
}
