import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { isPlainObject } from "./plain-object.ts";

it("isPlainObject accepts object literals of any realm, and objects without a prototype", () => {
  expect([{}, Object.create(null), runInNewContext("({})")].map(isPlainObject)).toEqual([true, true, true]);
});

it("isPlainObject rejects class instances, arrays, and objects that inherit from data", () => {
  const array = Object.setPrototypeOf([], null);
  const values = [new Date(0), [], array, Object.create(Object.create(null)), Object.create({}), null, "a"];
  expect(values.filter(isPlainObject)).toEqual([]);
});
