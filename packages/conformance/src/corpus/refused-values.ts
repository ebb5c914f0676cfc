class Message {
  readonly role = "user";
}

function cyclicObject(): object {
  const inner: { up?: object } = {};
  const outer = { inner };
  inner.up = outer;
  return { a: [outer] };
}

function sparseArray(): unknown[] {
  const array: unknown[] = [0];
  array[2] = 2;
  return array;
}

/** Returns objects that JSON.stringify would change, drop values from or fail on, with the path that the error must name. */
export function refusedObjects(): readonly (readonly [description: string, thread: object, path: string])[] {
  return [
    ["undefined in an array", { messages: [0, 1, 2, undefined] }, "$.messages[3]"],
    ["undefined in a member", { messages: [0, 1, 2, { createdAt: undefined }] }, "$.messages[3].createdAt"],
    ["a Date", { messages: [0, 1, 2, { createdAt: new Date() }] }, "$.messages[3].createdAt"],
    ["a function", { a: { run: () => 1 } }, "$.a.run"],
    ["a toJSON method", { a: { toJSON: () => 1 } }, "$.a.toJSON"],
    [
      "a toJSON method that throws",
      {
        a: {
          toJSON: (): never => {
            throw new Error("no");
          },
        },
      },
      "$.a.toJSON",
    ],
    ["a symbol", { a: Symbol("x") }, "$.a"],
    ["a bigint", { a: [1n] }, "$.a[0]"],
    ["NaN", { a: Number.NaN }, "$.a"],
    ["Infinity", { a: [0, Infinity] }, "$.a[1]"],
    ["-Infinity", { a: -Infinity }, "$.a"],
    ["a cycle", cyclicObject(), "$.a[0].inner.up"],
    ["a lone surrogate in a string", { a: { b: "x\ud800" } }, "$.a.b"],
    ["a lone surrogate in a member name", { a: { "\udc00": 1 } }, "$.a"],
    ["a Map", { a: new Map([["b", 1]]) }, "$.a"],
    ["a Set", { a: { b: new Set([1]) } }, "$.a.b"],
    ["an instance of a class", { a: [new Message()] }, "$.a[0]"],
    ["a typed array", { a: new Uint8Array(2) }, "$.a"],
    ["an ArrayBuffer", { a: new ArrayBuffer(2) }, "$.a"],
    ["a regular expression", { a: /x/u }, "$.a"],
    ["an Error", { a: new Error("x") }, "$.a"],
    ["a promise", { a: Promise.resolve() }, "$.a"],
    ["a boxed string", { a: new String("x") }, "$.a"],
    ["a hole in an array", { a: sparseArray() }, "$.a[1]"],
  ];
}

/** Returns values that are not threads. */
export function valuesThatAreNotThreads(): readonly unknown[] {
  return [
    undefined,
    null,
    0,
    1,
    true,
    1n,
    Symbol("x"),
    () => 1,
    [],
    [{}],
    new Date(),
    new Map(),
    new Message(),
    new String("{}"),
  ];
}
