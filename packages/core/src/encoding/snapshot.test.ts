import { expect, it } from "vitest";
import { encodeRecord } from "./record.ts";
import { snapshotOf, storedThread } from "./snapshot.ts";

const details = {
  namespace: "",
  id: "id",
  nonce: "AAAAAAAAAAAAAAAAAAAAAA",
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  metadata: { title: "Pirates" },
};

function stored(json: string) {
  const { record } = encodeRecord({ kept: 0, rest: Buffer.from(json) }, details, undefined);
  return storedThread({ key: { namespace: "", id: "id" }, version: "v1", record });
}

it("has text and object as members of its own, made once", () => {
  const one = stored('{"n": 1}');
  expect(Object.keys(one)).toEqual(expect.arrayContaining(["id", "version", "metadata", "json", "thread"]));
  expect(one.json).toBe('{"n": 1}');
  expect(one.thread).toEqual({ n: 1 });
  expect(one.thread).toBe(one.thread);
  expect({ ...one }).toMatchObject({ json: '{"n": 1}', thread: { n: 1 } });
});

it("is known by the object alone: a copy has no snapshot, and what inherits from it no text", () => {
  const one = stored("{}");
  expect(snapshotOf(one)?.version).toBe("v1");
  expect(snapshotOf({ ...one })).toBeUndefined();
  expect(() => (Object.create(one) as typeof one).json).toThrow(TypeError);
});

it("shares its getters with all others, so that each can go with the first garbage collection", () => {
  const [one, other] = [stored("{}"), stored("{}")];
  for (const name of ["json", "thread"]) {
    const own = Object.getOwnPropertyDescriptor(one, name);
    expect(own).toHaveProperty("get", expect.any(Function));
    expect(own).toEqual(Object.getOwnPropertyDescriptor(other, name));
  }
});
