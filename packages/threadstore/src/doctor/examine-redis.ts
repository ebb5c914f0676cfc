import type { OpenContext } from "../stores/adapter.ts";
import { importPackage } from "../stores/import-package.ts";
import type { StoreUrl } from "../stores/store-url.ts";
import { type Diagnosis, diagnoseClock, diagnoseSilence } from "./diagnosis.ts";

/** The members of ioredis that are used. */
interface RedisClient {
  info(): Promise<string>;
  config(subcommand: "GET", name: string): Promise<unknown>;
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
    return [await examineClock(client), ...(await examineSettings(client))];
  } catch (error) {
    return [diagnoseSilence("server", error)];
  } finally {
    client.disconnect();
  }
}

/** The permissions that the store needs do not include `TIME`. */
async function examineClock(client: RedisClient): Promise<Diagnosis> {
  try {
    const before = Date.now();
    const [seconds = 0, microseconds = 0] = await client.time();
    return diagnoseClock(Number(seconds) * 1000 + Number(microseconds) / 1000, before, Date.now());
  } catch (error) {
    return diagnoseSilence("clock", error);
  }
}

async function examineSettings(client: RedisClient): Promise<Diagnosis[]> {
  const info = new Map(parseInfo(await client.info()));
  // Few users may read the configuration, and most hosted servers do not allow it.
  const [, appendfsync] = (await client.config("GET", "appendfsync").catch(() => [])) as string[];
  return diagnoseInfo(appendfsync === undefined ? info : info.set("appendfsync", appendfsync));
}

function parseInfo(text: string): [string, string][] {
  return [...text.matchAll(/^(\w+):(.*?)\r?$/gmu)].map(([, name = "", value = ""]) => [name, value]);
}

/** Judges the answer to `INFO`, with `appendfsync` of the configuration if it is known. */
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

/** What a crash can lose, by the setting `appendfsync`. */
const APPEND_ONLY: Readonly<Record<string, string>> = {
  always: "acknowledged saves are on the disk of the server",
  everysec: "a crash can lose the last second or two (`appendfsync everysec`)",
  no: "a crash of the machine can lose half a minute (`appendfsync no`)",
};

function durabilityOf(info: ReadonlyMap<string, string>): Diagnosis {
  const check = "durability";
  if (info.get("aof_enabled") === "1") {
    const appendfsync = info.get("appendfsync");
    const detail =
      APPEND_ONLY[appendfsync ?? ""] ??
      "the append-only file is on; `appendfsync` decides what a crash can lose";
    if (appendfsync !== "no") return { check, result: "ok", detail };
    return {
      check,
      result: "warning",
      detail,
      remedy: "Set `appendfsync everysec`, or `always` if no acknowledged save may be lost.",
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
