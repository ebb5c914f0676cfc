/** Why a value is not strict JSON, and where: `$.messages[3].createdAt`. */
export interface JsonOffence {
  readonly path: string;
  readonly reason: string;
}

/** An object or array on the way down to the value being looked at. */
interface Frame {
  readonly container: object;
  /** `undefined` for an array, whose keys are its indices. */
  readonly keys: string[] | undefined;
  readonly values: readonly unknown[];
  next: number;
}

/**
 * The first thing in `root` that JSON would drop or change in silence, or that it cannot write; `undefined`
 * when there is none.
 */
export function findJsonOffence(root: unknown): JsonOffence | undefined {
  return isEvident(root, 0) ? undefined : searchOffence(root);
}

/** Deeper than threads are, far less deep than calls can be; and how deep a cycle is followed. */
const EVIDENT_DEPTH = 100;

/** Whether a quick look suffices to see that it is strict JSON, as with nearly all threads. */
function isEvident(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
      return value.isWellFormed();
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return true;
    case "object":
      if (value === null) return true;
      if (depth === EVIDENT_DEPTH) return false;
      return Array.isArray(value) ? isEvidentArray(value, depth + 1) : isEvidentObject(value, depth + 1);
    default:
      return false;
  }
}

function isEvidentArray(array: readonly unknown[], depth: number): boolean {
  // Its length is one of its own keys; a hole is none.
  const isPlainArray = Object.getPrototypeOf(array) === Array.prototype;
  if (!isPlainArray || Reflect.ownKeys(array).length !== array.length + 1) return false;
  for (let index = 0; index < array.length; index += 1) if (!isEvident(array[index], depth)) return false;
  return true;
}

function isEvidentObject(object: object, depth: number): boolean {
  if (Object.getPrototypeOf(object) !== Object.prototype) return false;
  if (Object.getOwnPropertySymbols(object).length > 0) return false;
  for (const key of Object.keys(object)) {
    if (!key.isWellFormed() || !isEvident((object as Record<string, unknown>)[key], depth)) return false;
  }
  return true;
}

/** Keeps its own stack: a thread may be nested deeper than calls can be. */
function searchOffence(root: unknown): JsonOffence | undefined {
  const frames: Frame[] = [];
  const open = new Set<object>();
  let value = root;
  for (;;) {
    const reason = offenceOf(value, open);
    if (reason !== undefined) return { path: pathOf(frames), reason };
    if (typeof value === "object" && value !== null) {
      const frame = frameOf(value);
      if (typeof frame === "string") return { path: pathOf(frames), reason: frame };
      frames.push(frame);
      open.add(value);
    }
    let top = frames.at(-1);
    while (top !== undefined && top.next === top.values.length) {
      open.delete(top.container);
      frames.pop();
      top = frames.at(-1);
    }
    if (top === undefined) return undefined;
    value = top.values[top.next];
    top.next += 1;
  }
}

function offenceOf(value: unknown, open: ReadonlySet<object>): string | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : "a string with a lone surrogate";
    case "number":
      return Number.isFinite(value) ? undefined : `${value}, which JSON has no number for`;
    case "boolean":
      return undefined;
    case "object":
      return value !== null && open.has(value) ? "a reference to an object that contains it" : undefined;
    default:
      return value === undefined ? "undefined" : `a ${typeof value}`;
  }
}

/** The parts of a container still to be looked at, or why it is not a plain one. */
function frameOf(container: object): Frame | string {
  if (Object.getOwnPropertySymbols(container).length > 0) return "an object with a symbol as member name";
  const prototype: object | null = Object.getPrototypeOf(container);
  if (Array.isArray(container)) {
    // Array.from turns holes into undefined, which is then refused with its index.
    if (Object.keys(container).some((key, index) => key !== String(index) && !isIndex(key, container))) {
      return "an array with named members";
    }
    // An array of any realm has a prototype that is an array itself; a subclass has one that is not.
    if (!Array.isArray(prototype)) return "an instance of a subclass of Array";
    return { container, keys: undefined, values: Array.from(container), next: 0 };
  }
  if (!isPlain(prototype)) {
    return `an instance of ${nameOfClass(prototype)}, not a plain object`;
  }
  const keys = Object.keys(container);
  if (!keys.every((key) => key.isWellFormed())) return "an object with a lone surrogate in a member name";
  return { container, keys, values: Object.values(container), next: 0 };
}

function isIndex(key: string, array: readonly unknown[]): boolean {
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && index < array.length && String(index) === key;
}

/** Whether it is `null` or the `Object.prototype` of any realm: one without a prototype, and with its methods. */
function isPlain(prototype: object | null): boolean {
  if (prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty");
}

function nameOfClass(prototype: object | null): string {
  const constructor: unknown = prototype?.constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a class";
}

function pathOf(frames: readonly Frame[]): string {
  let path = "$";
  for (const { keys, next } of frames) {
    const index = next - 1;
    const key = keys?.[index];
    if (key === undefined) path += `[${index}]`;
    else path += /^[A-Za-z_$][\w$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  }
  return path;
}
