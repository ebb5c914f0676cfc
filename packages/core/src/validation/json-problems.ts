/** Why a value is not strict JSON. */
export interface JsonProblem {
  /** Completes "The value is …". */
  readonly reason: string;
  /** What to do, as an imperative sentence. */
  readonly remedy: string;
}

const WELL_FORMED_REMEDY = "Remove the surrogate, for example with `toWellFormed()`.";

export const JSON_PROBLEMS: {
  readonly undefined: JsonProblem;
  readonly bigint: JsonProblem;
  readonly cycle: JsonProblem;
  readonly loneSurrogate: JsonProblem;
  readonly loneSurrogateInName: JsonProblem;
  readonly symbolName: JsonProblem;
  readonly namedMembers: JsonProblem;
  readonly arraySubclass: JsonProblem;
  readonly toJson: JsonProblem;
  notFinite(value: number): JsonProblem;
  notData(type: string): JsonProblem;
  classInstance(name: string): JsonProblem;
} = {
  undefined: {
    reason: "undefined",
    remedy:
      "Remove it or replace it with null; or convert the value with `JSON.parse(JSON.stringify(value))`, which leaves such members out.",
  },
  bigint: { reason: "a bigint", remedy: "Convert it to a string." },
  cycle: {
    reason: "a reference to an object that contains it",
    remedy: "Replace the reference, for example with an id.",
  },
  loneSurrogate: { reason: "a string with a lone surrogate", remedy: WELL_FORMED_REMEDY },
  loneSurrogateInName: {
    reason: "an object with a lone surrogate in a member name",
    remedy: WELL_FORMED_REMEDY,
  },
  symbolName: { reason: "an object with a symbol as a member name", remedy: "Use a string as the name." },
  namedMembers: {
    reason: "an array with named members",
    remedy: "Use a plain object, or only the elements.",
  },
  arraySubclass: {
    reason: "an instance of a subclass of Array",
    remedy: "Convert it to an array with `Array.from`.",
  },
  toJson: {
    reason: "an object or array with a toJSON method, whose result would be stored instead",
    remedy: "Remove the method. It may be one of Array.prototype or Object.prototype.",
  },
  notFinite: (value) => ({
    reason: `${value}, which JSON cannot represent`,
    remedy: "Replace it with null or a string.",
  }),
  notData: (type) => ({ reason: `a ${type}`, remedy: "Remove it." }),
  classInstance: (name) => ({
    reason: `an instance of ${name}, not a plain object`,
    remedy:
      REMEDY_BY_CLASS.get(name) ?? "Convert it to a plain object, for example with a spread: `{ ...value }`.",
  }),
};

const REMEDY_BY_CLASS: ReadonlyMap<string, string> = new Map([
  ["Date", "Convert it to a string with `toISOString()`."],
  ["URL", "Convert it to a string with `String(url)`."],
  ["Map", "Convert it to a plain object with `Object.fromEntries`."],
  ["Set", "Convert it to an array with `Array.from`."],
  ["Buffer", "Convert it to a string, for example as base64."],
  ["Uint8Array", "Convert it to a string, for example as base64."],
]);
