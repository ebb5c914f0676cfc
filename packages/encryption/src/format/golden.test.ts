import { expect, it } from "vitest";
import { goldenStore } from "../golden.test-helper.ts";

it("a thread of the first version of the format is read, and continued", async () => {
  const { view, expected } = await goldenStore();
  expect(await view.load("thread-1")).toMatchObject(expected);
  await view.append("thread-1", ["more"]);
  expect((await view.load("thread-1"))?.json).toBe(expected.json.replace(/\]\}$/u, ',"more"]}'));
});
