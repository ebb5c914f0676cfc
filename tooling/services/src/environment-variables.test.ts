import { expect, it } from "vitest";
import { catalogue } from "./catalogue.ts";
import { endpointFrom, linesOf } from "./environment-variables.ts";

it("parses the variables it prints", () => {
  const { variables } = catalogue["redis-sentinel"];
  const endpoint = {
    sentinels: [
      { host: "127.0.0.1", port: 26_379 },
      { host: "::1", port: 26_380 },
    ],
    master: "main",
  };
  const lines = linesOf(variables, endpoint);
  expect(lines).toEqual([
    "THREADSTORE_TEST_REDIS_SENTINEL=127.0.0.1:26379,::1:26380",
    "THREADSTORE_TEST_REDIS_SENTINEL_MASTER=main",
  ]);
  const environment = Object.fromEntries(lines.map((line) => line.split("=")));
  expect(endpointFrom(variables, environment)).toEqual(endpoint);
});

it("returns undefined if no server is named", () => {
  expect(endpointFrom(catalogue.s3.variables, { THREADSTORE_TEST_S3_BUCKET: "mine" })).toBeUndefined();
});
