import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { FailureExplanation } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { options, record } from "./bucket.test-helper.ts";
import type { S3DriverOptions } from "./options.ts";
import { s3Driver, s3Store } from "./s3-store.ts";
import { type Answer, failure, scriptedService } from "./scripted-service.test-helper.ts";
import { newTombstone } from "./tombstone.ts";

const key = { namespace: "", id: "thread" };
const known = { etagQuotes: "keep", conditionalDelete: true } as const;
const version = "0cc175b9c0f1b6a831c399e269772661";

type Step = "read" | "write" | "delete" | "list";

/** What the driver says of an error that a step meets. */
async function explained(given: S3DriverOptions, step: Step): Promise<FailureExplanation | undefined> {
  const driver = s3Driver(given);
  const steps = {
    read: () => driver.read(key, undefined, options),
    write: () => driver.write(key, record("x"), version, options),
    delete: () => driver.delete(key, version, options),
    list: () => driver.list("", { after: undefined, limit: 10 }, options),
  };
  try {
    await steps[step]();
  } catch (error) {
    return driver.explain?.(error);
  } finally {
    await driver.close();
  }
  throw new Error("The call succeeded.");
}

async function explainedAnswer(
  answer: Answer,
  step: Step = "write",
): Promise<FailureExplanation | undefined> {
  await using service = await scriptedService(() => answer);
  return await explained({ ...service.options, ...known }, step);
}

describe("an answer", () => {
  test.each<[number, string, string, "no" | "unknown", RegExp]>([
    [403, "AccessDenied", "ACCESS_DENIED", "no", /s3:ListBucket/],
    [403, "SignatureDoesNotMatch", "ACCESS_DENIED", "no", /credentials/],
    [403, "InvalidAccessKeyId", "ACCESS_DENIED", "no", /credentials/],
    [401, "Unauthorized", "ACCESS_DENIED", "no", /credentials/],
    [400, "ExpiredToken", "ACCESS_DENIED", "no", /renew/],
    [400, "InvalidToken", "ACCESS_DENIED", "no", /renew/],
    [403, "RequestTimeTooSkewed", "ACCESS_DENIED", "no", /clock/],
    [403, "QuotaExceeded", "STORAGE_FULL", "no", /quota/],
    [507, "XMinioStorageFull", "STORAGE_FULL", "no", /disks/],
    [403, "InvalidObjectState", "MISCONFIGURED", "no", /archive/],
    [404, "NoSuchBucket", "MISCONFIGURED", "no", /bucket does not exist/],
    [301, "PermanentRedirect", "MISCONFIGURED", "no", /region/],
    [307, "TemporaryRedirect", "MISCONFIGURED", "no", /region/],
    [400, "AuthorizationHeaderMalformed", "MISCONFIGURED", "no", /region/],
    [400, "InvalidBucketName", "MISCONFIGURED", "no", /name of a bucket/],
    [400, "EntityTooLarge", "TOO_LARGE", "no", /large/],
    [413, "", "TOO_LARGE", "no", /large/],
    [409, "ConditionalRequestConflict", "UNAVAILABLE", "no", /Another operation/],
    [409, "OperationAborted", "UNAVAILABLE", "no", /Another operation/],
    [429, "TooManyRequests", "UNAVAILABLE", "no", /fewer/],
    [503, "SlowDown", "UNAVAILABLE", "no", /fewer/],
    [503, "ServiceUnavailable", "UNAVAILABLE", "unknown", /failed/],
    [500, "InternalError", "UNAVAILABLE", "unknown", /failed/],
    [500, "UnknownError", "UNAVAILABLE", "unknown", /failed/],
    [400, "RequestTimeout", "UNAVAILABLE", "unknown", /slow/],
    [408, "RequestTimeout", "UNAVAILABLE", "unknown", /slow/],
  ])("%i %s is %s, applied: %s", async (status, code, meaning, applied, message) => {
    expect(await explainedAnswer(failure(status, code))).toMatchObject({
      code: meaning,
      applied,
      message: expect.stringMatching(message),
    });
  });

  test.each<Step>(["read", "write", "delete", "list"])(
    "that is not from S3 is explained by status: %s",
    async (step) => {
      const page = {
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html>Bad <b>Gateway</html>",
      };
      expect(await explainedAnswer(page, step)).toMatchObject({ code: "UNAVAILABLE", applied: "unknown" });
      expect(await explainedAnswer({ ...page, status: 403 }, step)).toMatchObject({ code: "ACCESS_DENIED" });
    },
  );

  test("of 400 that says nothing known is no known failure", async () => {
    expect(await explainedAnswer(failure(400, "SomethingNew"))).toBeUndefined();
  });

  test("of 404 is nothing there only when S3 says that it is the key", async () => {
    expect(await explainedAnswer({ status: 404, body: "<html>no such page</html>" }, "read")).toBeUndefined();
    expect(await explainedAnswer(failure(404, "NoSuchBucket"), "read")).toMatchObject({
      code: "MISCONFIGURED",
    });
    await using service = await scriptedService(() => failure(404, "NoSuchKey"));
    const driver = s3Driver(service.options);
    expect(await driver.read(key, undefined, options)).toBeUndefined();
    await driver.close();
  });

  test.each([
    ["3", 3000, 3000],
    [new Date(Date.now() + 60_000).toUTCString(), 30_000, 60_000],
    ["0", 0, 0],
    ["soon", 0, 0],
  ])("with Retry-After: %s is waited for", async (value, least, most) => {
    const answer = failure(503, "SlowDown", { "retry-after": value });
    const wait = (await explainedAnswer(answer))?.retryAfterMs ?? 0;
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(most);
  });

  test("that the clock is wrong is tried again, with the service's clock", async () => {
    await using service = await scriptedService(({ headers }) => {
      const signed = String(headers["x-amz-date"]);
      const ahead = new Date(Date.now() + 3_600_000);
      if (signed.startsWith(ahead.toISOString().slice(0, 13).replaceAll(/[-:]/g, ""))) {
        return failure(404, "NoSuchKey");
      }
      return failure(403, "RequestTimeTooSkewed", { date: ahead.toUTCString() });
    });
    const store = s3Store(service.options);
    expect(await store.load("a")).toBeUndefined();
    expect(service.requests).toHaveLength(2);
    await store.close();
  });
});

describe("a condition that did not hold", () => {
  test.each([
    [412, "PreconditionFailed"],
    [404, "NoSuchKey"],
  ])("%i %s is a lost race of a write and of a delete", async (status, code) => {
    await using service = await scriptedService(() => failure(status, code));
    const driver = s3Driver({ ...service.options, ...known });
    expect(await driver.write(key, record("x"), version, options)).toBeUndefined();
    expect(await driver.delete(key, version, options)).toBe(false);
    const conditions = service.requests.map(({ method, headers }) => [method, headers["if-match"]]);
    expect(conditions).toEqual([
      ["PUT", `"${version}"`],
      ["DELETE", `"${version}"`],
    ]);
    await driver.close();
  });

  test("204 is a delete", async () => {
    await using service = await scriptedService(() => ({ status: 204 }));
    const driver = s3Driver({ ...service.options, ...known });
    expect(await driver.delete(key, version, options)).toBe(true);
    await driver.close();
  });

  test.each(["*", "", '"', `"${version}"`, `${version}, *`, "a b", "ü"])(
    "%j matches nothing, and is not sent",
    async (wrong) => {
      await using service = await scriptedService(() => ({ status: 200, headers: { etag: '"x"' } }));
      for (const conditionalDelete of [true, false]) {
        const driver = s3Driver({ ...service.options, etagQuotes: "strip", conditionalDelete });
        expect(await driver.write(key, record("x"), wrong, options)).toBeUndefined();
        expect(await driver.delete(key, wrong, options)).toBe(false);
        await driver.close();
      }
      expect(service.requests).toEqual([]);
    },
  );
});

describe("a write that S3 answers by a 500", () => {
  const mine = record("mine");
  const other = newTombstone().nonce;

  async function answeredBy(head: Answer): Promise<unknown> {
    await using service = await scriptedService(({ method }) =>
      method === "HEAD" ? head : failure(500, "UnknownError"),
    );
    const driver = s3Driver({ ...service.options, ...known });
    try {
      return await driver.write(key, mine, version, options);
    } catch (error) {
      return driver.explain?.(error);
    } finally {
      await driver.close();
    }
  }

  const withHistory = (history: string): Answer => ({
    status: 200,
    headers: { etag: '"x"', "x-amz-meta-threadstore-history": history },
  });
  const doubt = { code: "UNAVAILABLE", applied: "unknown" };

  test("is a lost race when what is there tells that another replaced the version", async () => {
    expect(await answeredBy(withHistory(`${version}=${other}`))).toBeUndefined();
    expect(await answeredBy(withHistory(`b=${other} a=${other} ${version}=${other}`))).toBeUndefined();
  });

  test.each<[string, Answer]>([
    ["it tells that this write did", withHistory(`b=${other} ${version}=${mine.nonce}`)],
    ["it does not tell", withHistory(`a=${other}`)],
    ["it has no history", { status: 200, headers: { etag: '"x"' } }],
    ["nothing is there", { status: 404 }],
    ["it cannot be seen", { status: 503 }],
  ])("is in doubt when %s", async (_name, head) => {
    expect(await answeredBy(head)).toMatchObject(doubt);
  });
});

describe("retries", () => {
  const settings: S3ClientConfig[] = [{}, { retryMode: "adaptive" }, { maxAttempts: 10 }];
  test.each(settings)("of the given client do not apply to what the store sends: %o", async (given) => {
    await using service = await scriptedService(() => failure(503, "SlowDown"));
    const { bucket, ...connection } = service.options;
    const client = new S3Client({ ...connection, region: "us-east-1", ...given } as S3ClientConfig);
    for (const step of ["read", "write", "delete", "list"] as const) {
      service.requests.length = 0;
      expect(await explained({ client, bucket, ...known }, step)).toMatchObject({ code: "UNAVAILABLE" });
      // A write that failed looks once who won.
      expect(service.requests.filter(({ method }) => method !== "HEAD")).toHaveLength(1);
    }
    client.destroy();
  });
});

describe("no answer", () => {
  const settings = {
    ...known,
    bucket: "bucket",
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
  };

  test("because nobody listens is UNAVAILABLE, without doubt", async () => {
    const service = await scriptedService(() => ({ status: 200 }));
    const { endpoint = "" } = service.options;
    await service[Symbol.asyncDispose]();
    const found = await explained({ ...settings, endpoint, forcePathStyle: true }, "write");
    expect(found).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
  });

  test("because there is no such host is UNAVAILABLE, without doubt", async () => {
    const found = await explained({ ...settings, endpoint: "http://s3.invalid" }, "write");
    expect(found).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
  });

  test("because there are no credentials is ACCESS_DENIED", async () => {
    // The SDK's own chain, with nothing that it could find.
    const program = `
      import { s3Store } from ${JSON.stringify(new URL("s3-store.ts", import.meta.url).href)};
      const store = s3Store({ bucket: "bucket", region: "us-east-1", endpoint: "http://127.0.0.1:9" });
      const error = await store.load("a").catch((thrown) => thrown);
      console.log(error.code, error.cause.name);
      await store.close();
    `;
    const nothing = { HOME: "/nonexistent", PATH: process.env["PATH"], AWS_EC2_METADATA_DISABLED: "true" };
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      env: nothing,
    });
    expect((await run).stdout).toBe("ACCESS_DENIED CredentialsProviderError\n");
  });

  test("because no region is known is MISCONFIGURED", async () => {
    const program = `
      import { s3Store } from ${JSON.stringify(new URL("s3-store.ts", import.meta.url).href)};
      const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
      const store = s3Store({ bucket: "bucket", credentials });
      const error = await store.load("a").catch((thrown) => thrown);
      console.log(error.code, error.message);
      await store.close();
    `;
    const nothing = { HOME: "/nonexistent", PATH: process.env["PATH"] };
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      env: nothing,
    });
    expect((await run).stdout).toMatch(/^MISCONFIGURED .*region/);
  });
});

test("a write whose answer has no ETag may have been applied", async () => {
  expect(await explainedAnswer({ status: 200 })).toMatchObject({ code: "MISCONFIGURED", applied: "unknown" });
});

test("a listing that is some other document is no empty listing", async () => {
  const body = "<!doctype html><html><body>Log in</body></html>";
  await using service = await scriptedService(() => ({
    status: 200,
    headers: { "content-type": "text/html" },
    body,
  }));
  const driver = s3Driver({ ...service.options, ...known });
  const listing = driver.list("", { after: undefined, limit: 10 }, options);
  const error: unknown = await listing.catch((thrown: unknown) => thrown);
  expect(driver.explain?.(error)).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
  await driver.close();
});

test("a tombstone from before the provider made deletes conditional is deleted by its ETag", async () => {
  const tombstone = newTombstone().bytes;
  const listing = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents>
    <Key>threadstore/!root/a</Key><ETag>"${version}"</ETag><Size>${tombstone.length}</Size></Contents></ListBucketResult>`;
  const headers = {
    etag: `"${version}"`,
    "last-modified": new Date(Date.now() - 7_200_000).toUTCString(),
    date: new Date().toUTCString(),
  };
  await using service = await scriptedService(({ method, query }) => {
    if (method === "DELETE") return { status: 204 };
    if (query.has("list-type"))
      return { status: 200, headers: { "content-type": "application/xml" }, body: listing };
    return { status: 200, headers, body: Buffer.from(tombstone) };
  });
  const driver = s3Driver({ ...service.options, ...known });
  const page = await driver.list("", { after: undefined, limit: 10 }, options);
  expect(page).toEqual({ records: [], next: undefined });
  const [last] = service.requests.slice(-1);
  expect([last?.method, last?.path, last?.headers["if-match"]]).toEqual([
    "DELETE",
    "/bucket/threadstore/!root/a",
    `"${version}"`,
  ]);
  await driver.close();
});

test("what is no failure of S3 is not explained", () => {
  const driver = s3Driver({ bucket: "bucket", region: "us-east-1" });
  for (const error of [new RangeError("a bug"), "text", undefined, null, { name: "SlowDown" }]) {
    expect(driver.explain?.(error)).toBeUndefined();
  }
});
