import { afterEach, describe, expect, it } from "vitest";
import { provide } from "../debian/debian-packages.ts";
import { accepts } from "../processes/ports.ts";
import { ServiceUnavailableError } from "../service.ts";
import { startServiceHost, type ServiceAnswer, type ServiceHost } from "./service-host.ts";

async function ask(host: ServiceHost, name: string): Promise<ServiceAnswer> {
  return (await (await fetch(`${host.url}/${name}`)).json()) as ServiceAnswer;
}

afterEach(() => {
  delete process.env["THREADSTORE_TEST_S3_ENDPOINT"];
  delete process.env["THREADSTORE_TEST_REDIS_TLS_URL"];
});

describe("startServiceHost", () => {
  it("starts a service once, and stops it at the end", async () => {
    const host = await startServiceHost();
    const [answer, ...others] = await Promise.all([1, 2, 3].map(() => ask(host, "redis")));
    expect(answer).toEqual({ state: "running", endpoint: { url: expect.any(String) }, instance: "redis" });
    expect(others).toEqual([answer, answer]);
    const port = Number(/:(\d+)"/u.exec(JSON.stringify(answer))?.[1]);
    expect(await accepts(port)).toBe(true);
    await host.close();
    expect(await accepts(port)).toBe(false);
  });

  it("starts a browser for each test file", async () => {
    const host = await startServiceHost();
    const [first, second] = await Promise.all([ask(host, "browser"), ask(host, "browser")]);
    if (first.state !== "running" || second.state !== "running") throw new Error("Both browsers run.");
    expect(first.endpoint).not.toEqual(second.endpoint);
    for (const { instance } of [first, second]) {
      const diagnosis = await (await fetch(`${host.url}/${instance}/diagnosis`)).text();
      expect(diagnosis).toContain("browser is running");
    }
    await host.close();
  });

  it("uses a server that the environment names", async () => {
    const host = await startServiceHost();
    process.env["THREADSTORE_TEST_S3_ENDPOINT"] = "http://localhost:9000";
    expect(await ask(host, "s3")).toEqual({
      state: "running",
      endpoint: expect.objectContaining({ endpoint: "http://localhost:9000", bucket: "threadstore-test" }),
      instance: "s3",
    });
    await host.close();
  });

  it("reports missing variables and unknown services", async () => {
    const host = await startServiceHost();
    process.env["THREADSTORE_TEST_REDIS_TLS_URL"] = "rediss://localhost";
    expect(await ask(host, "redis-tls")).toMatchObject({
      state: "failed",
      message: expect.stringContaining("without THREADSTORE_TEST_REDIS_TLS_CERTIFICATE_FILE"),
    });
    expect(await ask(host, "mongodb")).toMatchObject({ state: "failed" });
    await host.close();
  });
});

describe("a server that is not available", () => {
  it("is reported with the remedy, and differs from one that fails to start", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = "/nowhere:/bin/nothing";
    try {
      const wanted = provide({
        name: "no-such-server",
        packages: ["no-such-package"],
        programs: ["no-such-program"],
        remedy: "Install it.",
      });
      await expect(wanted).rejects.toBeInstanceOf(ServiceUnavailableError);
      await expect(wanted).rejects.toThrow("Install it.");
    } finally {
      process.env["PATH"] = path;
    }
  });
});
