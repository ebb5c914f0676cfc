import { type ContainerClient, RestError } from "@azure/storage-blob";
import { ALL_BY_ID, listingRests } from "@threadstore/core/driver";
import { expect, test } from "vitest";
import { type BlobAtPosition, listRecords } from "./list.ts";

/** A container whose listing is answered with status 400, which no available emulator does for a forged token. */
function refusingContainer(): ContainerClient {
  const response = { status: 400, headers: { get: () => "OutOfRangeInput" } };
  const details = { code: "OutOfRangeInput", statusCode: 400, response } as unknown;
  const refusal = new RestError("No.", details as ConstructorParameters<typeof RestError>[1]);
  const pages = { next: () => Promise.reject(refusal) };
  return { listBlobsFlat: () => ({ byPage: () => pages }) } as unknown as ContainerClient;
}

test("a continuation token that the service refuses is INVALID_ARGUMENT; without one, its error is passed on", async () => {
  const { signal } = new AbortController();
  const rests = listingRests<BlobAtPosition>();
  const listing = { container: refusingContainer(), prefix: "~/", signal, rests };
  const forged = listRecords(listing, { ...ALL_BY_ID, after: "forged", limit: 10 });
  await expect(forged).rejects.toMatchObject({ code: "INVALID_ARGUMENT", cause: { name: "RestError" } });
  await expect(listRecords(listing, { ...ALL_BY_ID, limit: 10 })).rejects.toMatchObject({
    name: "RestError",
  });
});
