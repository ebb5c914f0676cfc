import type { OpenContext } from "../stores/adapter.ts";
import { importPackage } from "../stores/import-package.ts";
import type { StoreUrl } from "../stores/store-url.ts";
import { type Diagnosis, diagnoseClock, diagnoseSilence } from "./diagnosis.ts";

/** The members of ioredis that are used. */
interface RedisClient {
  info(): Promise<string>;
  time(): Promise<readonly (string | number)[]>;
  connect(): Promise<void>;
  disconnect(): void;
  on(event: "error", listener: () => void): unknown;
}

interface RedisModule {
  readonly Redis: new (url: string, options: object) => RedisClient;
}

/** Asks the server for its durability, its clock and its version. */
export async function examineRedis({ url }: StoreUrl, { folder }: OpenContext): Promise<Diagnosis[]> {
  const { Redis } = await importPackage<RedisModule>({ name: "ioredis", near: "@threadstore/redis" }, folder);
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null });
  // The rejection of `connect` says the same.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const before = Date.now();
    const [seconds = 0, microseconds = 0] = await client.time();
    const clock = diagnoseClock(Number(seconds) * 1000 + Number(microseconds) / 1000, before, Date.now());
    return [clock, ...diagnoseInfo(new Map(parseInfo(await client.info())))];
  } catch (error) {
    return [diagnoseSilence("server", error)];
  } finally {
    client.disconnect();
  }
}

function parseInfo(text: string): [string, string][] {
  return [...text.matchAll(/^(\w+):(.*?)\r?$/gmu)].map(([, name = "", value = ""]) => [name, value]);
}

/** Judges the answer to `INFO`. */
export function diagnoseInfo(info: ReadonlyMap<string, string>): Diagnosis[] {
  const version = info.get("valkey_version") ?? info.get("redis_version") ?? "unknown";
  return [
    { check: "version", result: "ok", detail: version },
    durabilityOf(info),
    evictionOf(info.get("maxmemory_policy")),
    info.get("role") === "slave"
      ? {
          check: "role",
          result: "failed",
          detail: "a replica",
          remedy: "Connect to the master: replicas reject writes and lag behind.",
        }
      : { check: "role", result: "ok", detail: info.get("role") ?? "unknown" },
  ];
}

function durabilityOf(info: ReadonlyMap<string, string>): Diagnosis {
  const check = "durability";
  if (info.get("aof_enabled") === "1") {
    return {
      check,
      result: "ok",
      detail: "the append-only file is on; `appendfsync` decides what a crash can lose",
    };
  }
  return {
    check,
    result: "warning",
    detail: "no append-only file: a crash loses everything since the last snapshot",
    remedy: "Set `appendonly yes`, and `appendfsync always` if no acknowledged save may be lost.",
  };
}

function evictionOf(policy: string | undefined): Diagnosis {
  const check = "eviction";
  if (policy === undefined || policy === "noeviction")
    return { check, result: "ok", detail: policy ?? "none" };
  return {
    check,
    result: "warning",
    detail: policy,
    remedy: "Set `maxmemory-policy noeviction`, because the server deletes threads when its memory is full.",
  };
}
