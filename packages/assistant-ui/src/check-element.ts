import { isJsonObject, kindOf } from "@threadstore/core/documents";

const MAX_NAME_LENGTH = 256;

/** The first fault of an element, at a path such as `$.messages[3].id`. */
export interface ElementProblem {
  readonly path: string;
  readonly requirement: string;
}

/** Returns the first fault of an element of a thread's messages; `undefined` if it is valid. */
export function elementProblem(element: unknown, path: string): ElementProblem | undefined {
  if (!isJsonObject(element)) return { path, requirement: `an object, not ${kindOf(element)}` };
  const members = element["deleted"] === undefined ? ENTRY_MEMBERS : DELETION_MEMBERS;
  const invalid = Object.entries(members).find(([name, { isValid }]) => !isValid(element[name]));
  if (invalid !== undefined) return { path: `${path}.${invalid[0]}`, requirement: invalid[1].requirement };
  const unknown = Object.keys(element).find((name) => !Object.hasOwn(members, name));
  return unknown === undefined ? undefined : { path, requirement: "an object without unknown members" };
}

interface Member {
  readonly isValid: (value: unknown) => boolean;
  readonly requirement: string;
}

const NAME: Member = {
  isValid: isName,
  requirement: `a non-empty string of at most ${MAX_NAME_LENGTH} characters`,
};

const ENTRY_MEMBERS: { readonly [name: string]: Member } = {
  id: NAME,
  parent_id: {
    isValid: (value) => value === null || isName(value),
    requirement: `null or ${NAME.requirement}`,
  },
  format: NAME,
  content: { isValid: isJsonObject, requirement: "an object" },
};

const DELETION_MEMBERS: { readonly [name: string]: Member } = {
  id: NAME,
  deleted: { isValid: (value) => value === true, requirement: "true" },
};

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAME_LENGTH;
}
