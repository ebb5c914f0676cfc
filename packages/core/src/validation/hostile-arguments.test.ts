import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { encodingStore } from "../decorator/decorators.test-helper.ts";
import { encryptedStore } from "../decorator/encrypted-store.test-helper.ts";
import { forwardChanges, forwardOperations } from "../decorator/forward-operations.ts";
import { wrapThreadStore } from "../decorator/wrap-thread-store.ts";
import { TEXT_PARTS } from "../encoding/text-parts.ts";
import { ThreadStoreError } from "../errors.ts";
import { memoryDriver, memoryStore } from "../memory-store.ts";
import { applyRetention } from "../operations/apply-retention.ts";
import { copyThreads } from "../operations/copy-threads.ts";
import { eraseWhere } from "../operations/erase-where.ts";
import { scriptedDriver } from "../runtime/scripted-driver.test-helper.ts";
import type { ThreadStore } from "../thread-store.ts";
import { isPlainObject } from "./plain-object.ts";

const SECRET = "SECRET";
const CAUSE = new Error("thrown by the caller's code");

function throws(): never {
  throw CAUSE;
}

class Instance {
  readonly member: string = SECRET;
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function cycle(): object {
  const value: { self?: object; secret: string } = { secret: SECRET };
  value.self = value;
  return value;
}

/** Values that throw as soon as they are read. */
const UNREADABLE: readonly object[] = [
  new Proxy({}, { ownKeys: throws, getPrototypeOf: throws, has: throws, get: throws }),
  revoked({}),
];

const NO_STRING: readonly unknown[] = [null, 5, 5n, Symbol(SECRET), {}, [], throws, new Instance()];
const NO_NAME: readonly unknown[] = [...NO_STRING, undefined, "", `${SECRET}\ud800`, SECRET.repeat(100)];
const NO_POSITIVE: readonly unknown[] = [
  null,
  0,
  -0,
  -1,
  Number.NaN,
  Infinity,
  SECRET,
  5n,
  {},
  Symbol(SECRET),
];
const NO_FUNCTION: readonly unknown[] = [null, 5, SECRET, {}, []];
const NO_BOOLEAN: readonly unknown[] = [null, SECRET, 1, {}, []];

const SPARSE: unknown[] = Object.assign([], { length: 2 });

const NO_JSON: readonly unknown[] = [
  undefined,
  5n,
  Number.NaN,
  -Infinity,
  Symbol(SECRET),
  throws,
  `${SECRET}\ud800`,
  SPARSE,
  new Date(0),
  new Map([[SECRET, SECRET]]),
  new Instance(),
  Object.assign(["a"], { [SECRET]: 1 }),
  class extends Array {}.from([SECRET]),
  cycle(),
  { [SECRET]: undefined },
  { [Symbol(SECRET)]: 1 },
  { [`${SECRET}\ud800`]: 1 },
  { toJSON: throws },
  Object.assign([SECRET], { toJSON: throws }),
  {
    get [SECRET]() {
      return throws();
    },
  },
  {
    get toJSON() {
      return throws();
    },
  },
  ...UNREADABLE,
];

const NO_THREAD: readonly unknown[] = [
  null,
  5,
  [],
  SECRET,
  "[]",
  `{"${SECRET}\ud800":1}`,
  ...NO_JSON,
  ...NO_JSON.map((value) => ({ [SECRET]: [value] })),
  ...[throws, () => 5, () => [], () => [5], () => [SECRET]].map((parts) => ({ [TEXT_PARTS]: parts })),
];

const NO_ELEMENTS: readonly unknown[] = [
  undefined,
  null,
  5,
  {},
  SECRET,
  [],
  SPARSE,
  ...NO_JSON.map((value) => [value]),
  ...UNREADABLE,
];

/** Returns a Proxy with another value of a property after a number of reads. */
function changing<Target extends object>(
  target: Target,
  name: string,
  { reads, later }: { readonly reads: number; readonly later: unknown },
): Target {
  let count = 0;
  return new Proxy(target, {
    get: (object, property) => {
      if (property === name) count += 1;
      return property === name && count > reads ? later : Reflect.get(object, property);
    },
    has: (object, property) => (property === name && count > reads) || Reflect.has(object, property),
  });
}

const NO_MEMBERS: readonly unknown[] = [
  null,
  5,
  SECRET,
  [],
  new Map([[SECRET, SECRET]]),
  new Instance(),
  { [SECRET]: undefined },
  { [SECRET]: null },
  { [SECRET]: 5n },
  { [SECRET]: "\ud800" },
  { "SECRET\ud800": SECRET },
  { [Symbol(SECRET)]: SECRET },
  {
    get [SECRET]() {
      return throws();
    },
  },
  ...UNREADABLE,
];

const NO_VERSION: readonly unknown[] = [
  null,
  5,
  5n,
  Symbol(SECRET),
  throws,
  [],
  {},
  { version: undefined },
  { version: `${SECRET} "` },
  { id: SECRET, version: "v" },
  {
    get version() {
      return throws();
    },
  },
  ...UNREADABLE,
];

const NO_OPTIONS: readonly unknown[] = [
  null,
  5,
  SECRET,
  [],
  throws,
  new Map(),
  new Instance(),
  Object.create({ timeoutMs: 5 }),
  { [`${SECRET} name`]: 5 },
  JSON.parse('{"__proto__":{"timeoutMs":5}}'),
  {
    get timeoutMs() {
      return throws();
    },
  },
  ...UNREADABLE,
];

const NO_TIMEOUT: readonly unknown[] = [...NO_POSITIVE, 0.5, 2 ** 31];
const NO_SIGNAL: readonly unknown[] = [
  null,
  5,
  SECRET,
  throws,
  {},
  { aborted: false },
  Object.create(AbortSignal.prototype),
  {
    get aborted() {
      return throws();
    },
  },
  ...UNREADABLE,
];
const NO_DATE: readonly unknown[] = [
  SECRET,
  5,
  {},
  new Date(Number.NaN),
  new Date(0),
  new Proxy(new Date(2 ** 42), {}),
  new Proxy(new Date(2 ** 42), { getPrototypeOf: throws }),
];

type Call = (store: ThreadStore, argument: never) => Promise<unknown>;

interface Row {
  readonly method: string;
  readonly argument: string;
  /** What the message calls the argument. */
  readonly named: string;
  readonly values: readonly unknown[];
  readonly call: Call;
}

type Method = (store: ThreadStore, options: never) => Promise<unknown>;

const METHODS: { readonly [method: string]: Method } = {
  save: (store, options) => store.save("a", {}, options),
  load: (store, options) => store.load("a", options),
  delete: (store, options) => store.delete("a", options),
  update: (store, options) => store.update("a", () => ({}), options),
  append: (store, options) => store.append("a", [1], options),
  touch: (store, options) => store.touch("a", options),
  list: (store, options) => store.list(options)[Symbol.asyncIterator]().next(),
  listPage: (store, options) => store.listPage(options),
  deleteExpired: (store, options) => store.deleteExpired(options),
  namespaces: (store, options) => store.namespaces(options),
  erase: (store, options) => store.erase(options),
  copyThreads: (store, options) => copyThreads(memoryStore(), store, options),
  applyRetention: (store, options) => applyRetention(store, { keepNewest: 1 }, options),
  eraseWhere: (store, options) => eraseWhere(store, { owner: "ann" }, options),
};

const REMOVAL = {
  cursor: [...NO_STRING, "", SECRET],
  namespaces: NO_BOOLEAN,
  prefix: [...NO_STRING, `${SECRET}\ud800`, SECRET.repeat(100)],
  dryRun: NO_BOOLEAN,
  stopAfterMs: NO_POSITIVE,
  onProgress: NO_FUNCTION,
  onThread: NO_FUNCTION,
  onCorrupt: NO_FUNCTION,
};

/** The options of each method with the values that it refuses. `timeoutMs` and `signal` are added to all. */
const OPTIONS: { readonly [method: string]: { readonly [option: string]: readonly unknown[] } } = {
  save: {
    previous: NO_VERSION,
    overwrite: NO_BOOLEAN,
    metadata: NO_MEMBERS,
    ttlMs: NO_POSITIVE,
    expiresAt: NO_DATE,
  },
  load: { cached: NO_VERSION },
  delete: { previous: NO_VERSION },
  update: {
    metadata: NO_MEMBERS,
    ttlMs: NO_POSITIVE,
    expiresAt: NO_DATE,
    maxAttempts: [...NO_POSITIVE, 1.5],
  },
  append: {
    previous: NO_VERSION,
    key: NO_NAME.filter((name) => name !== undefined),
    create: NO_THREAD.filter((thread) => thread !== undefined),
    metadata: NO_MEMBERS,
    ttlMs: NO_POSITIVE,
    expiresAt: NO_DATE,
  },
  touch: { previous: NO_VERSION, metadata: NO_MEMBERS, ttlMs: NO_POSITIVE, expiresAt: NO_DATE },
  list: {},
  listPage: {
    order: [null, SECRET, 5, {}, []],
    prefix: [...NO_STRING, `${SECRET}\ud800`, SECRET.repeat(100)],
    where: [...NO_MEMBERS, { a: SECRET.repeat(11_000) }],
    metadata: NO_BOOLEAN,
    limit: [...NO_POSITIVE, 1.5, 1001],
    cursor: [...NO_STRING, "", SECRET],
  },
  deleteExpired: { cursor: [...NO_STRING, "", SECRET], dryRun: NO_BOOLEAN },
  namespaces: { cursor: [...NO_STRING, "", SECRET], limit: [...NO_POSITIVE, 1.5, 1001] },
  erase: { cursor: [...NO_STRING, "", SECRET], onProgress: NO_FUNCTION },
  copyThreads: {
    cursor: [...NO_STRING, "", SECRET],
    namespaces: NO_BOOLEAN,
    overwrite: NO_BOOLEAN,
    onProgress: NO_FUNCTION,
    onCorrupt: NO_FUNCTION,
  },
  applyRetention: REMOVAL,
  eraseWhere: REMOVAL,
};

/** Jobs do not have `timeoutMs`, because they make many calls. */
const JOBS = ["copyThreads", "applyRetention", "eraseWhere"];

function optionRows(method: string, call: Method): Row[] {
  const common = JOBS.includes(method) ? { signal: NO_SIGNAL } : { signal: NO_SIGNAL, timeoutMs: NO_TIMEOUT };
  const rows = Object.entries({ ...common, ...OPTIONS[method] }).map(([option, values]): Row => {
    return { method, argument: option, named: `\`${option}\``, values, call: withOption(call, option) };
  });
  return [{ method, argument: "options", named: "option", values: NO_OPTIONS, call }, ...rows];
}

function withOption(call: Method, option: string): Call {
  return (store, value) => call(store, { [option]: value } as never);
}

const POSITIONAL: readonly Row[] = [
  ...["save", "load", "delete", "append", "touch"].map((method): Row => {
    const call = (store: ThreadStore, id: never): Promise<unknown> => {
      if (method === "save") return store.save(id, {});
      if (method === "append") return store.append(id, [1]);
      return method === "load" ? store.load(id) : method === "touch" ? store.touch(id) : store.delete(id);
    };
    return { method, argument: "id", named: "thread id", values: NO_NAME, call };
  }),
  {
    method: "update",
    argument: "id",
    named: "thread id",
    values: NO_NAME,
    call: (store, id) => store.update(id, () => ({})),
  },
  {
    method: "update",
    argument: "change",
    named: "second argument",
    values: [undefined, ...NO_FUNCTION],
    call: (store, change) => store.update("a", change),
  },
  {
    method: "save",
    argument: "thread",
    named: "thread",
    values: NO_THREAD,
    call: (store, thread) => store.save("a", thread),
  },
  {
    method: "append",
    argument: "elements",
    named: "`elements`",
    values: NO_ELEMENTS,
    call: (store, elements) => store.append("a", elements),
  },
  {
    method: "namespace",
    argument: "name",
    named: "namespace",
    values: NO_NAME,
    call: async (store, name) => store.namespace(name),
  },
  {
    method: "eraseWhere",
    argument: "where",
    named: "`where`",
    values: [undefined, {}, ...NO_MEMBERS],
    call: (store, where) => eraseWhere(store, where),
  },
  ...(["olderThanMs", "keepNewest", "where"] as const).map((argument): Row => {
    const values = { olderThanMs: NO_POSITIVE, keepNewest: [...NO_POSITIVE, 1.5], where: NO_MEMBERS };
    return {
      method: "applyRetention",
      argument,
      named: `\`${argument}\``,
      values: values[argument],
      call: (store, value) => applyRetention(store, { [argument]: value }),
    };
  }),
  {
    method: "applyRetention",
    argument: "policy",
    named: "options",
    values: NO_OPTIONS,
    call: (store, policy) => applyRetention(store, policy),
  },
  ...(["from", "to"] as const).map((argument): Row => {
    const call: Call = (store, other) =>
      argument === "from" ? copyThreads(other, store) : copyThreads(memoryStore(), other);
    return {
      method: "copyThreads",
      argument,
      named: `\`${argument}\``,
      values: [undefined, ...NO_VERSION],
      call,
    };
  }),
];

const ROWS: readonly Row[] = [
  ...Object.entries(METHODS).flatMap(([method, call]) => optionRows(method, call)),
  ...POSITIONAL,
];

/** A rule that names a type or a range is its own remedy. Every other message needs a sentence that begins with a verb. */
const TYPE_OR_RANGE =
  / must (?:be (?:an? (?:boolean|function|integer|JSON object|non-empty array|number|string)\b|well-formed text )|have at most \d|not be empty|not contain lone )[^.]*\.$/u;
const REMEDY = /\. (?:Convert|Correct|Escape|Flatten|List|Omit|Pass|Remove|Replace|Start|Use) [^.]/u;

/** Returns what is wrong with the answer of a call to a hostile argument; `undefined` if nothing is. */
async function problemWith(
  { named, argument, method, call }: Row,
  store: ThreadStore,
  value: unknown,
): Promise<string | undefined> {
  const error: unknown = await call(store, value as never).then(
    () => "resolved",
    (reason: unknown) => reason,
  );
  if (!ThreadStoreError.is(error, "INVALID_ARGUMENT")) return `it ended with ${inspect(error)}`;
  const { message } = error;
  if (!message.includes(named)) return `the message does not name the argument: ${message}`;
  if (!TYPE_OR_RANGE.test(message) && !REMEDY.test(message)) return `no remedy: ${message}`;
  if (argument === "previous" && method !== "save" && message.includes("create the thread")) {
    return `the remedy does not fit: ${message}`;
  }
  if (argument === "cursor" && !method.startsWith("list") && message.includes("`where`")) {
    return `the remedy does not fit: ${message}`;
  }
  // The id of the thread is a property of its errors.
  const shown =
    argument === "id" ? message : message + JSON.stringify(error) + inspect(Object.entries(error));
  if (shown.includes(SECRET) && error.cause === undefined) return `it shows content: ${shown}`;
  if (error.cause !== undefined && error.cause !== CAUSE && !(error.cause instanceof TypeError)) {
    return `another cause: ${inspect(error.cause)}`;
  }
  const runsCode = typeof value === "object" && value !== null;
  return error.cause !== undefined && !runsCode ? `an unexpected cause: ${inspect(error.cause)}` : undefined;
}

function open(): { readonly inner: ThreadStore; readonly writes: () => number } {
  const { driver, calls } = scriptedDriver(memoryDriver());
  return { inner: createThreadStore(driver), writes: () => calls.write + calls.patch + calls.delete };
}

const STORES: readonly (readonly [string, (store: ThreadStore) => ThreadStore])[] = [
  ["a store", (store) => store],
  ["a view", (store) => store.namespace("n")],
  [
    "a decorator that forwards",
    (store) =>
      wrapThreadStore(store, {
        name: "forwarding",
        operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
      }),
  ],
  ["a decorator that transforms threads", encodingStore],
  ["decorators on one another", (store) => encryptedStore(encodingStore(store), Buffer.alloc(32))],
];

describe.each(STORES)("%s", (_, decorate) => {
  it.each(ROWS)("refuses a hostile `$argument` of $method", async (row) => {
    const { inner, writes } = open();
    const store = decorate(inner);
    const problems: string[] = [];
    for (const value of row.values) {
      const problem = await problemWith(row, store, value);
      if (problem !== undefined) problems.push(`${inspect(value)}: ${problem}`);
    }
    expect(problems).toEqual([]);
    expect(writes()).toBe(0);
  });
});

describe("a Proxy that changes while it is read", () => {
  it("never makes a store write malformed text", async () => {
    for (let reads = 0; reads < 10; reads += 1) {
      for (const decorate of [(store: ThreadStore) => store, encodingStore]) {
        const store = decorate(memoryStore());
        await store.save("a", { messages: [] });
        const variants = [
          changing([SECRET], "length", { reads, later: 0 }),
          changing([SECRET], "toJSON", { reads, later: () => 5 }),
          changing([SECRET], "toJSON", { reads, later: () => undefined }),
        ];
        for (const elements of variants) await outcomeOf(store.append("a", elements));
        for (const later of [(): number => 5, (): undefined => undefined, (): object => []]) {
          await outcomeOf(store.save("b", changing({}, "toJSON", { reads, later }), { overwrite: true }));
          const create = changing({ messages: [] }, "toJSON", { reads, later });
          await outcomeOf(store.append("c", [1], { create }));
        }
        const loaded = await Promise.all(["a", "b", "c"].map(async (id) => store.load(id)));
        const stored = loaded.filter((each) => each !== undefined);
        expect(stored[0]?.id).toBe("a");
        expect(stored.filter(({ thread }) => !isPlainObject(thread))).toEqual([]);
      }
    }
  });
});

/** Waits for a call that may be refused. */
async function outcomeOf(call: Promise<unknown>): Promise<void> {
  const outcome: unknown = await call.then(
    () => "INVALID_ARGUMENT",
    (error: { readonly code?: unknown }) => error.code,
  );
  expect(outcome).toBe("INVALID_ARGUMENT");
}

describe("an argument that throws a conflict", () => {
  const conflict = new ThreadStoreError("CONFLICT", "thrown by the caller's code");
  const conflicting = (): never => {
    throw conflict;
  };

  it("is INVALID_ARGUMENT in every argument that is read", async () => {
    const proxy = new Proxy({}, { ownKeys: conflicting, getPrototypeOf: conflicting, get: conflicting });
    const store = memoryStore();
    const calls = [
      store.save("a", proxy),
      store.save("a", { [TEXT_PARTS]: conflicting }),
      store.save("a", { nested: [proxy] }),
      store.save("a", {}, proxy),
      store.save("a", {}, { metadata: proxy }),
      store.save("a", {}, { previous: new Proxy({}, { has: conflicting }) as never }),
      store.append("a", new Proxy([5], { get: conflicting })),
      store.append("a", [proxy]),
      store.append("a", [5], { create: proxy }),
    ];
    const error = { code: "INVALID_ARGUMENT", cause: conflict };
    for (const call of calls) await expect(call).rejects.toMatchObject(error);
  });

  it("does not make an update start over", async () => {
    const store = memoryStore();
    let attempts = 0;
    const updated = store.update("a", () => {
      attempts += 1;
      return Object.defineProperty({}, "member", { get: conflicting, enumerable: true });
    });
    await expect(updated).rejects.toMatchObject({ code: "INVALID_ARGUMENT", cause: conflict });
    expect(attempts).toBe(1);
  });
});

describe("the cause of a refused argument", () => {
  it("is what the caller's code threw, untouched", async () => {
    const store = memoryStore();
    const thrown: unknown[] = [CAUSE, "text", 5, Object.freeze({ [SECRET]: 1 })];
    for (const each of thrown) {
      const options = {
        get timeoutMs(): number {
          throw each;
        },
      };
      const error: unknown = await store.load("a", options).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", cause: each });
    }
    const [unreadable] = UNREADABLE;
    const throwing = {
      get metadata(): never {
        throw unreadable;
      },
    };
    const error: unknown = await store.save("a", {}, throwing).catch((reason: unknown) => reason);
    expect((error as Error).cause === unreadable).toBe(true);
  });
});

describe("a new store", () => {
  const values = [null, 5, SECRET, [], throws, new Map(), new Instance(), ...UNREADABLE];

  it("throws a TypeError for hostile options", () => {
    for (const options of values) {
      const create = [
        () => createThreadStore(memoryDriver(), options as object),
        () => memoryStore(options as object),
        () => memoryDriver(options as object),
      ];
      for (const each of create) expect(each, inspect(options)).toThrow(TypeError);
      for (const each of create) expect(each, inspect(options)).toThrow(/option/u);
    }
  });

  it("throws a TypeError for options of the wrong type", () => {
    const hostile: { readonly [option: string]: readonly unknown[] } = {
      timeoutMs: NO_TIMEOUT.filter((value) => value !== null),
      ttlMs: NO_POSITIVE,
      maxThreadBytes: [0, -1, 1.5, Number.NaN, SECRET, 5n, {}],
      maxRetries: [-1, 1.5, Number.NaN, SECRET, 5n, {}],
      now: [5, SECRET, {}],
    };
    for (const [option, each] of Object.entries(hostile)) {
      for (const value of each) {
        const create = (): ThreadStore => memoryStore({ [option]: value });
        expect(create, `${option}: ${inspect(value)}`).toThrow(TypeError);
        expect(create, `${option}: ${inspect(value)}`).toThrow(new RegExp(`\`${option}\` must`, "u"));
      }
    }
  });

  it("throws a TypeError for a hostile driver, store or decorator", () => {
    const operations = (namespace: never): never => ({ ...forwardOperations(namespace) }) as never;
    for (const value of [undefined, null, 5, SECRET, [], {}, throws]) {
      expect(() => createThreadStore(value as never), inspect(value)).toThrow(TypeError);
      expect(() => wrapThreadStore(value as never, { name: "x", operations }), inspect(value)).toThrow(
        TypeError,
      );
      expect(() => wrapThreadStore(memoryStore(), value as never), inspect(value)).toThrow(TypeError);
    }
  });
});
