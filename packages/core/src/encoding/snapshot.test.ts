import { expect, it } from "vitest";
import { DETAILS } from "./record-details.test-helper.ts";
import { encodeRecord } from "./record.ts";
import { snapshotOf, storedThread } from "./snapshot.ts";

const details = { ...DETAILS, metadata: { title: "Pirates" } };

function stored(json: string) {
  const { record } = encodeRecord({ unchanged: 0, added: Buffer.from(json) }, details, undefined);
  return storedThread({ key: { namespace: "", id: "id" }, version: "v1", record });
}

it("has json and thread as own members that are created once", () => {
  const thread = stored('{"n": 1}');
  expect(Object.keys(thread)).toEqual(
    expect.arrayContaining(["id", "version", "metadata", "json", "thread"]),
  );
  expect(thread.json).toBe('{"n": 1}');
  expect(thread.thread).toEqual({ n: 1 });
  expect(thread.thread).toBe(thread.thread);
  expect({ ...thread }).toMatchObject({ json: '{"n": 1}', thread: { n: 1 } });
});

it("belongs to the object itself: copies have no snapshot, and inheriting objects no text", () => {
  const thread = stored("{}");
  expect(snapshotOf(thread)?.version).toBe("v1");
  expect(snapshotOf({ ...thread })).toBeUndefined();
  expect(() => (Object.create(thread) as typeof thread).json).toThrow(TypeError);
});

it("shares its getters with other objects, so that the garbage collector can free each early", () => {
  const [first, second] = [stored("{}"), stored("{}")];
  for (const name of ["json", "thread"]) {
    const descriptor = Object.getOwnPropertyDescriptor(first, name);
    expect(descriptor).toHaveProperty("get", expect.any(Function));
    expect(descriptor).toEqual(Object.getOwnPropertyDescriptor(second, name));
  }
});

it.each(["not JSON", "null", "[]", '"text"'])("of a forged record whose thread is %s is CORRUPT", (json) => {
  const thread = stored(json);
  expect(thread.json).toBe(json);
  const error: unknown = (() => {
    try {
      return thread.thread;
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toMatchObject({ code: "CORRUPT" });
  expect(String(error)).not.toContain(json);
});
