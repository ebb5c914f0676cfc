import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { startRedisTls } from "./redis-tls.ts";

describe("startRedisTls", async () => {
  const { endpoint, stop } = await startRedisTls({ rules: "~mine:* +@all -@dangerous" });
  const redis = new Redis(endpoint.url, { tls: { ca: readFileSync(endpoint.certificateFile) } });
  afterAll(async () => {
    redis.disconnect();
    await stop();
  });

  it("accepts commands over TLS that the rules allow", async () => {
    await redis.set("mine:key", "value");
    expect(await redis.get("mine:key")).toBe("value");
    await expect(redis.get("other:key")).rejects.toThrow("NOPERM");
    await expect(redis.flushall()).rejects.toThrow("NOPERM");
  });

  it("rejects clients without the certificate or the password", async () => {
    expect(await failureOf(endpoint.url, {})).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    const url = new URL(endpoint.url);
    url.password = "wrong";
    expect(await failureOf(url.href, { ca: readFileSync(endpoint.certificateFile) })).toMatchObject({
      message: expect.stringContaining("WRONGPASS"),
    });
  });
});

/** Resolves with the cause, which ioredis reports to listeners only. */
async function failureOf(url: string, tls: ConnectionOptions): Promise<unknown> {
  const redis = new Redis(url, { tls, lazyConnect: true, retryStrategy: () => null });
  const failure = new Promise((resolve) => redis.once("error", resolve));
  await expect(redis.connect()).rejects.toThrow("");
  redis.disconnect();
  return failure;
}
