import { afterAll, describe, it } from "vitest";
import { cases, register } from "../../../src/index.ts";
import { plainHistoryHarness } from "./plain-history.ts";

describe("a store without a driver that keeps versions", () => {
  const ids = cases.filter(({ section }) => section === "History").map(({ id }) => id);
  register(plainHistoryHarness(), { describe, it, after: afterAll }, { cases: ids });
});
