import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { reachableText } from "@threadstore/conformance";
import { ThreadStoreError } from "@threadstore/core";
import { ALL_BY_ID, createThreadStore, DriverError, type DriverErrorEffect } from "@threadstore/core/driver";
import { describe, expect, test } from "vitest";
import { driverOptions, record } from "./bucket.test-helper.ts";
import { withDriverErrors, withEffect } from "./errors.ts";
import type { S3DriverOptions } from "./options.ts";
import { s3Driver, s3Store } from "./s3-store.ts";
import { errorResponse, type ServiceResponse, scriptedService } from "./scripted-service.test-helper.ts";
import { createTombstone } from "./tombstones.ts";

const key = { namespace: "", id: "thread" };
const knownProvider = { etagQuotes: "keep", conditionalDelete: true } as const;
const version = "0cc175b9c0f1b6a831c399e269772661";

type Operation = "read" | "write" | "delete" | "list";

/** Resolves with the error that an operation of the driver rejects with. */
async function errorOf(options: S3DriverOptions, operation: Operation): Promise<unknown> {
  const driver = s3Driver(options);
  const operations = {
    read: () => driver.read(key, undefined, driverOptions),
    write: () => driver.write(key, record("x"), version, driverOptions),
    delete: () => driver.delete(key, version, driverOptions),
    list: () => driver.list("", { ...ALL_BY_ID, limit: 10 }, driverOptions),
  };
  try {
    await operations[operation]();
  } catch (error) {
    return error;
  } finally {
    await driver.close();
  }
  throw new Error("The operation succeeded.");
}

/** Resolves with the error of an operation to which the service sends this response. */
async function errorFor(response: ServiceResponse, operation: Operation = "write"): Promise<unknown> {
  await using service = await scriptedService(() => response);
  return await errorOf({ ...service.options, ...knownProvider }, operation);
}

describe("an error response", () => {
  test.each<[number, string, string, DriverErrorEffect, RegExp]>([
    [403, "AccessDenied", "ACCESS_DENIED", "none", /s3:ListBucket/],
    [403, "SignatureDoesNotMatch", "ACCESS_DENIED", "none", /credentials/],
    [403, "InvalidAccessKeyId", "ACCESS_DENIED", "none", /credentials/],
    [401, "Unauthorized", "ACCESS_DENIED", "none", /credentials/],
    [400, "ExpiredToken", "ACCESS_DENIED", "none", /renew/],
    [400, "InvalidToken", "ACCESS_DENIED", "none", /renew/],
    [403, "RequestTimeTooSkewed", "ACCESS_DENIED", "none", /clock/],
    [403, "QuotaExceeded", "STORAGE_FULL", "none", /quota/],
    [507, "XMinioStorageFull", "STORAGE_FULL", "none", /disks/],
    [403, "InvalidObjectState", "MISCONFIGURED", "none", /archived/],
    [404, "NoSuchBucket", "MISCONFIGURED", "none", /bucket does not exist/],
    [301, "PermanentRedirect", "MISCONFIGURED", "none", /region/],
    [307, "TemporaryRedirect", "MISCONFIGURED", "none", /region/],
    [400, "AuthorizationHeaderMalformed", "MISCONFIGURED", "none", /region/],
    [400, "InvalidBucketName", "MISCONFIGURED", "none", /bucket name/],
    [400, "EntityTooLarge", "TOO_LARGE", "none", /large/],
    [413, "", "TOO_LARGE", "none", /large/],
    [409, "ConditionalRequestConflict", "UNAVAILABLE", "none", /Another operation/],
    [409, "OperationAborted", "UNAVAILABLE", "none", /Another operation/],
    [429, "TooManyRequests", "UNAVAILABLE", "none", /rate/],
    [503, "SlowDown", "UNAVAILABLE", "none", /rate/],
    [503, "ServiceUnavailable", "UNAVAILABLE", "unknown", /failed/],
    [500, "InternalError", "UNAVAILABLE", "unknown", /failed/],
    [500, "UnknownError", "UNAVAILABLE", "unknown", /failed/],
    [400, "RequestTimeout", "UNAVAILABLE", "unknown", /slow/],
    [408, "RequestTimeout", "UNAVAILABLE", "unknown", /slow/],
  ])("%i %s becomes %s with effect %s", async (status, errorCode, code, effect, message) => {
    expect(await errorFor(errorResponse(status, errorCode))).toMatchObject({
      code,
      effect,
      message: expect.stringMatching(message),
      cause: expect.any(Error),
    });
  });

  test.each<Operation>(["read", "write", "delete", "list"])(
    "to a %s that is not from S3 is recognized by its status",
    async (operation) => {
      const response = {
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html>Bad <b>Gateway</html>",
      };
      const failed = { code: "UNAVAILABLE", effect: "unknown" };
      expect(await errorFor(response, operation)).toMatchObject(failed);
      const denied = { code: "ACCESS_DENIED" };
      expect(await errorFor({ ...response, status: 403 }, operation)).toMatchObject(denied);
    },
  );

  test.each([400, 403, 404, 500])("%i leads neither to credentials nor to contents", async (status) => {
    await using service = await scriptedService(() => errorResponse(status, "Something"));
    const credentials = { accessKeyId: "key", secretAccessKey: "s3cret", sessionToken: "t0ken" };
    const driver = s3Driver({ ...service.options, ...knownProvider, credentials });
    const store = createThreadStore(driver, { maxRetries: 0 });
    const saving = store.save("a", { text: "c0ntent" });
    const error: unknown = await saving.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ThreadStoreError);
    expect(reachableText(error)).not.toMatch(/s3cret|t0ken|c0ntent/u);
    await store.close();
  });

  test("names the bucket and the host", async () => {
    await using service = await scriptedService(() => errorResponse(404, "NoSuchBucket"));
    const { bucket, endpoint = "" } = service.options;
    const error = await errorOf({ ...service.options, ...knownProvider }, "read");
    expect(error).toMatchObject({
      message: expect.stringContaining(`${bucket} at ${new URL(endpoint).host}`),
    });
  });

  test("with status 400 and an unknown code is passed on unchanged", async () => {
    expect(await errorFor(errorResponse(400, "SomethingNew"))).toMatchObject({ name: "SomethingNew" });
  });

  test("with status 404 means a missing thread only if the code says so", async () => {
    const page = { status: 404, body: "<html>no such page</html>" };
    expect(await errorFor(page, "read")).not.toBeInstanceOf(DriverError);
    expect(await errorFor(errorResponse(404, "NoSuchBucket"), "read")).toMatchObject({
      code: "MISCONFIGURED",
    });
    await using service = await scriptedService(() => errorResponse(404, "NoSuchKey"));
    const driver = s3Driver(service.options);
    expect(await driver.read(key, undefined, driverOptions)).toBeUndefined();
    await driver.close();
  });

  test.each([
    ["3", 3000, 3000],
    [new Date(Date.now() + 60_000).toUTCString(), 30_000, 60_000],
    ["0", 0, 0],
    ["soon", 0, 0],
  ])("with Retry-After: %s passes the delay on", async (header, minimum, maximum) => {
    const error = await errorFor(errorResponse(503, "SlowDown", { "retry-after": header }));
    const { retryAfterMs = 0 } = error as DriverError;
    expect(retryAfterMs).toBeGreaterThanOrEqual(minimum);
    expect(retryAfterMs).toBeLessThanOrEqual(maximum);
  });

  test("about a wrong clock is retried with the service's time", async () => {
    await using service = await scriptedService(({ headers }) => {
      const signed = String(headers["x-amz-date"]);
      const ahead = new Date(Date.now() + 3_600_000);
      if (signed.startsWith(ahead.toISOString().slice(0, 13).replaceAll(/[-:]/g, ""))) {
        return errorResponse(404, "NoSuchKey");
      }
      return errorResponse(403, "RequestTimeTooSkewed", { date: ahead.toUTCString() });
    });
    const store = s3Store(service.options);
    expect(await store.load("a")).toBeUndefined();
    expect(service.requests).toHaveLength(2);
    await store.close();
  });
});

describe("a false condition", () => {
  test.each([
    [412, "PreconditionFailed"],
    [404, "NoSuchKey"],
  ])("with response %i %s is a result of a write and of a delete", async (status, code) => {
    await using service = await scriptedService(() => errorResponse(status, code));
    const driver = s3Driver({ ...service.options, ...knownProvider });
    expect(await driver.write(key, record("x"), version, driverOptions)).toBeUndefined();
    expect(await driver.delete(key, version, driverOptions)).toBe(false);
    const conditions = service.requests.map(({ method, headers }) => [method, headers["if-match"]]);
    expect(conditions).toEqual([
      ["PUT", `"${version}"`],
      ["DELETE", `"${version}"`],
    ]);
    await driver.close();
  });

  test.each(["*", "", '"', `"${version}"`, `${version}, *`, "a b", "ü"])(
    "with %j as the expected version is not sent",
    async (invalidVersion) => {
      await using service = await scriptedService(() => ({ status: 200, headers: { etag: '"x"' } }));
      for (const conditionalDelete of [true, false]) {
        const driver = s3Driver({ ...service.options, etagQuotes: "strip", conditionalDelete });
        expect(await driver.write(key, record("x"), invalidVersion, driverOptions)).toBeUndefined();
        expect(await driver.delete(key, invalidVersion, driverOptions)).toBe(false);
        await driver.close();
      }
      expect(service.requests).toEqual([]);
    },
  );
});

test("a delete with response 204 has deleted", async () => {
  await using service = await scriptedService(() => ({ status: 204 }));
  const driver = s3Driver({ ...service.options, ...knownProvider });
  expect(await driver.delete(key, version, driverOptions)).toBe(true);
  await driver.close();
});

describe("a write with response 500", () => {
  const ownRecord = record("own");
  const otherNonce = createTombstone().nonce;

  /** Resolves with the write's result or error, given the response to the request for the history. */
  async function outcomeWith(headResponse: ServiceResponse): Promise<unknown> {
    await using service = await scriptedService(({ method }) =>
      method === "HEAD" ? headResponse : errorResponse(500, "UnknownError"),
    );
    const driver = s3Driver({ ...service.options, ...knownProvider });
    const write = driver.write(key, ownRecord, version, driverOptions);
    const outcome = await write.catch((error: unknown) => error);
    await driver.close();
    return outcome;
  }

  const withHistory = (history: string): ServiceResponse => ({
    status: 200,
    headers: { etag: '"x"', "x-amz-meta-threadstore-history": history },
  });
  const inDoubt = { code: "UNAVAILABLE", effect: "unknown" };

  test.each([`${version}=${otherNonce}`, `b=${otherNonce} a=${otherNonce} ${version}=${otherNonce}`])(
    "lost a race if the stored history is %s",
    async (history) => {
      expect(await outcomeWith(withHistory(history))).toBeUndefined();
    },
  );

  test.each<[string, ServiceResponse]>([
    ["the history names this write", withHistory(`b=${otherNonce} ${version}=${ownRecord.nonce}`)],
    ["the history does not contain the version", withHistory(`a=${otherNonce}`)],
    ["the object does not have a history", { status: 200, headers: { etag: '"x"' } }],
    ["the object does not exist", { status: 404 }],
    ["the object cannot be read", { status: 503 }],
  ])("is in doubt if %s", async (_name, headResponse) => {
    expect(await outcomeWith(headResponse)).toMatchObject(inDoubt);
  });
});

test.each<S3ClientConfig>([{}, { retryMode: "adaptive" }, { maxAttempts: 10 }])(
  "retries of a client with %o do not apply to the store's requests",
  async (config) => {
    await using service = await scriptedService(() => errorResponse(503, "SlowDown"));
    const { bucket, ...connection } = service.options;
    const client = new S3Client({ ...connection, region: "us-east-1", ...config } as S3ClientConfig);
    for (const operation of ["read", "write", "delete", "list"] as const) {
      service.requests.length = 0;
      const error = await errorOf({ client, bucket, ...knownProvider }, operation);
      expect(error).toMatchObject({ code: "UNAVAILABLE" });
      // A failed write also requests the write history, once.
      expect(service.requests.filter(({ method }) => method !== "HEAD")).toHaveLength(1);
    }
    client.destroy();
  },
);

describe("without a response", () => {
  const options = {
    ...knownProvider,
    bucket: "bucket",
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
  };
  const unsent = { code: "UNAVAILABLE", effect: "none" };

  test("a refused connection is UNAVAILABLE and has no effect", async () => {
    const service = await scriptedService(() => ({ status: 200 }));
    const { endpoint = "" } = service.options;
    await service[Symbol.asyncDispose]();
    const error = await errorOf({ ...options, endpoint, forcePathStyle: true }, "write");
    expect(error).toMatchObject(unsent);
  });

  test("an unknown host is UNAVAILABLE and has no effect", async () => {
    const error = await errorOf({ ...options, endpoint: "http://s3.invalid" }, "write");
    expect(error).toMatchObject(unsent);
  });

  /** Runs a program in a process without AWS settings, and resolves with its output. */
  async function run(program: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const env = { HOME: "/nonexistent", PATH: process.env["PATH"], ...environment };
    const source = `import { s3Store } from ${JSON.stringify(new URL("s3-store.ts", import.meta.url).href)};
      ${program}`;
    const parameters = ["--input-type=module", "--eval", source];
    return (await promisify(execFile)(process.execPath, parameters, { env })).stdout;
  }

  test("missing credentials are ACCESS_DENIED", async () => {
    const program = `
      const store = s3Store({ bucket: "bucket", region: "us-east-1", endpoint: "http://127.0.0.1:9" });
      const error = await store.load("a").catch((thrown) => thrown);
      console.log(error.code, error.cause.name);
      await store.close();
    `;
    const output = await run(program, { AWS_EC2_METADATA_DISABLED: "true" });
    expect(output).toBe("ACCESS_DENIED CredentialsProviderError\n");
  });

  test("an unknown region is MISCONFIGURED", async () => {
    const program = `
      const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
      const store = s3Store({ bucket: "bucket", credentials });
      const error = await store.load("a").catch((thrown) => thrown);
      console.log(error.code, error.message, error.cause.message);
      await store.close();
    `;
    expect(await run(program)).toMatch(/^MISCONFIGURED .*`region`.*Region is missing/);
  });
});

test("a write whose response does not have an ETag is MISCONFIGURED with an unknown effect", async () => {
  expect(await errorFor({ status: 200 })).toMatchObject({ code: "MISCONFIGURED", effect: "unknown" });
});

test("a forged cursor is INVALID_ARGUMENT, and nothing is sent", async () => {
  await using service = await scriptedService(() => ({ status: 200 }));
  const driver = s3Driver({ ...service.options, ...knownProvider });
  const listing = driver.list("", { ...ALL_BY_ID, after: "x".repeat(100_000), limit: 10 }, driverOptions);
  await expect(listing).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(service.requests).toEqual([]);
  await driver.close();
});

test("a document that is not a listing is MISCONFIGURED instead of an empty page", async () => {
  const response = {
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><html><body>Log in</body></html>",
  };
  expect(await errorFor(response, "list")).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
});

/** Returns work that fails with this error. */
function failWith(error: unknown): () => Promise<never> {
  return async () => {
    throw error;
  };
}

test.each([[new RangeError("a bug")], ["text"], [undefined], [null], [{ name: "SlowDown" }]])(
  "%s is passed on unchanged",
  async (error) => {
    await expect(withDriverErrors(failWith(error))).rejects.toBe(error);
    await expect(withEffect("none", failWith(error))).rejects.toBe(error);
  },
);

test("withEffect changes only the effect of a DriverError", async () => {
  const error = new DriverError("UNAVAILABLE", "Later.", {
    effect: "unknown",
    retryAfterMs: 5,
    cause: "cause",
  });
  const { code, message, retryAfterMs, cause } = error;
  const rejected = { code, message, retryAfterMs, cause, effect: "none" };
  await expect(withEffect("none", failWith(error))).rejects.toMatchObject(rejected);
});
