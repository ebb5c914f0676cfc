import { memberSuffix } from "../thread/json.ts";
import type { Mender } from "./mender.ts";

/** Tells of text with half of a character. It is mended when the thread is copied. */
export function reportMalformedText(value: unknown, mender: Mender): void {
  for (const { path, position } of findMalformed(value, "$", -1)) {
    const message = "the text has half of a character";
    mender.mend({ code: "text-malformed", path, position, message }, { rewrite: "U+FFFD took its place" });
  }
}

interface Place {
  readonly path: string;
  readonly position: number;
}

function* findMalformed(value: unknown, path: string, position: number): Generator<Place> {
  if (typeof value === "string") {
    if (!value.isWellFormed()) yield { path, position };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const at = path === "$.messages" ? index : position;
      yield* findMalformed(item, `${path}[${index}]`, at);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (!name.isWellFormed()) yield { path, position };
      yield* findMalformed(member, path + memberSuffix(name), position);
    }
  }
}
