import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { ThreadStoreError } from "@threadstore/core";
import { describe, expect, it, vi } from "vitest";
import { envelopeKeys } from "./envelope-keys.ts";
import type { EnvelopeKeysOptions } from "./envelope-options.ts";
import type { EncryptionKey, KeyProvider } from "./key-provider.ts";
import type { KeyService } from "./key-service.ts";

interface LocalService extends KeyService {
  readonly calls: string[];
  /** The name of the key that wraps. */
  wrappingKey: string;
  /** Runs before each call. */
  before: () => Promise<void> | void;
}

/** Creates a key service in this process. */
function localService(): LocalService {
  const secret = randomBytes(32);
  const service: LocalService = {
    calls: [],
    wrappingKey: "key/1",
    before: () => undefined,
    async wrap(bytes) {
      service.calls.push("wrap");
      await service.before();
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce);
      const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
      return { wrappingKey: service.wrappingKey, bytes: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
    },
    async unwrap({ bytes }) {
      service.calls.push("unwrap");
      await service.before();
      const decipher = createDecipheriv("aes-256-gcm", secret, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    },
  };
  return service;
}

interface Process {
  readonly provider: KeyProvider;
  now: number;
}

function processWith(service: KeyService, options: EnvelopeKeysOptions = {}): Process {
  const process: Process = {
    provider: envelopeKeys(service, { now: () => process.now, ...options }),
    now: 0,
  };
  return process;
}

/** Looks a key up as for a thread that it encrypted. */
function findKey({ provider }: Process, { id, wrapped }: EncryptionKey): Promise<EncryptionKey | undefined> {
  return provider.findKey(id, wrapped);
}

const HOUR = 3_600_000;

describe("envelopeKeys", () => {
  it("calls the service once for each data key, however many threads there are", async () => {
    const service = localService();
    const [writer, reader] = [processWith(service), processWith(service)];
    const keys = await Promise.all(Array.from({ length: 50 }, () => writer.provider.currentKey()));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
    const [key] = keys;
    if (key === undefined) throw new Error("There is no key.");
    expect(await findKey(writer, key)).toEqual(key);
    expect(service.calls).toEqual(["wrap"]);
    for (const found of await Promise.all(Array.from({ length: 50 }, () => findKey(reader, key)))) {
      expect(found).toEqual(key);
    }
    expect(service.calls).toEqual(["wrap", "unwrap"]);
  });

  it("finds a key by its id alone only if this process has it", async () => {
    const service = localService();
    const [writer, reader] = [processWith(service), processWith(service)];
    const key = await writer.provider.currentKey();
    expect(await writer.provider.findKey(key.id, undefined)).toEqual(key);
    expect(await reader.provider.findKey(key.id, undefined)).toBeUndefined();
    await findKey(reader, key);
    expect(await reader.provider.findKey(key.id, undefined)).toEqual(key);
    expect(service.calls).toEqual(["wrap", "unwrap"]);
  });

  it("creates a new data key after `maxAgeMs`, with which the old one stays current", async () => {
    const service = localService();
    const writer = processWith(service, { maxAgeMs: HOUR });
    const first = await writer.provider.currentKey();
    writer.now = HOUR - 1;
    expect(await writer.provider.currentKey()).toEqual(first);
    writer.now = HOUR;
    const second = await writer.provider.currentKey();
    expect(second.id).not.toBe(first.id);
    expect(second.bytes).not.toEqual(first.bytes);
    expect(writer.provider.isCurrent(first.id)).toBe(true);
  });

  it("replaces data keys of another key of the service", async () => {
    const service = localService();
    const writer = processWith(service, { maxAgeMs: HOUR });
    const first = await writer.provider.currentKey();
    service.wrappingKey = "key/2";
    writer.now = HOUR;
    const second = await writer.provider.currentKey();
    expect([first, second].map(({ id }) => writer.provider.isCurrent(id))).toEqual([false, true]);
    // A process that has not encrypted anything yet cannot know.
    expect(processWith(service).provider.isCurrent(first.id)).toBe(true);
  });

  it("learns of another key of the service from other processes, so that they do not replace each other's keys", async () => {
    const service = localService();
    const [early, late] = [processWith(service), processWith(service)];
    const old = await early.provider.currentKey();
    service.wrappingKey = "key/2";
    const key = await late.provider.currentKey();
    await findKey(early, key);
    expect(early.provider.isCurrent(key.id)).toBe(false);
    const next = await early.provider.currentKey();
    expect([old, key, next].map(({ id }) => early.provider.isCurrent(id))).toEqual([false, true, true]);
    // The other process sees an unknown key as well, and finds that its own is still the current one.
    await findKey(late, old);
    await late.provider.currentKey();
    expect([old, key, next].map(({ id }) => late.provider.isCurrent(id))).toEqual([false, true, true]);
    service.calls.length = 0;
    for (const each of [old, key, next]) {
      await findKey(early, each);
      await early.provider.currentKey();
    }
    expect(service.calls).toEqual([]);
  });

  it("forgets decrypted keys after `cacheMs`, so that a key that was taken away is noticed", async () => {
    const service = localService();
    const key = await processWith(service).provider.currentKey();
    const reader = processWith(service, { cacheMs: HOUR });
    await findKey(reader, key);
    service.before = () => {
      throw new ThreadStoreError("ACCESS_DENIED", "The permission was taken away.");
    };
    reader.now = HOUR - 1;
    expect(await findKey(reader, key)).toEqual(key);
    reader.now = HOUR;
    await expect(findKey(reader, key)).rejects.toMatchObject({ code: "ACCESS_DENIED" });
    expect(await reader.provider.findKey(key.id, undefined)).toBeUndefined();
  });

  it("keeps at most `cacheSize` keys, the latest used ones", async () => {
    const service = localService();
    const keys = await Promise.all([1, 2, 3].map(() => processWith(service).provider.currentKey()));
    const reader = processWith(service, { cacheSize: 2 });
    const [a, b, c] = keys;
    if (a === undefined || b === undefined || c === undefined) throw new Error("There are no keys.");
    for (const key of [a, b, a, c]) await findKey(reader, key);
    service.calls.length = 0;
    await findKey(reader, a);
    await findKey(reader, c);
    expect(service.calls).toEqual([]);
    await findKey(reader, b);
    expect(service.calls).toEqual(["unwrap"]);
  });

  it("repeats a call that failed", async () => {
    const service = localService();
    const writer = processWith(service);
    let failures = 1;
    service.before = () => {
      if (failures-- > 0) throw new ThreadStoreError("UNAVAILABLE", "The service is down.");
    };
    await expect(writer.provider.currentKey()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const key = await writer.provider.currentKey();
    const reader = processWith(service);
    failures = 1;
    await expect(findKey(reader, key)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await findKey(reader, key)).toEqual(key);
  });

  it("is UNAVAILABLE after `timeoutMs` if the service does not answer", async () => {
    const service = localService();
    service.before = () => new Promise<never>(() => undefined);
    const { provider } = processWith(service, { timeoutMs: 5 });
    const failure = { code: "UNAVAILABLE", message: expect.stringContaining("`timeoutMs`") };
    await expect(provider.currentKey()).rejects.toMatchObject(failure);
  });

  it.each([undefined, "text", {}, { wrappingKey: "key/1" }, { wrappingKey: 1, bytes: new Uint8Array(8) }])(
    "reports the result %j of `wrap` as BACKEND_ERROR",
    async (result) => {
      const service = { ...localService(), wrap: () => Promise.resolve(result as never) };
      await expect(processWith(service).provider.currentKey()).rejects.toMatchObject({
        code: "BACKEND_ERROR",
        message: expect.stringContaining("`wrap` must resolve with"),
      });
    },
  );

  it.each([undefined, "text", {}])("reports the result %j of `unwrap` as BACKEND_ERROR", async (result) => {
    const service = localService();
    const key = await processWith(service).provider.currentKey();
    const reader = processWith({ ...service, unwrap: () => Promise.resolve(result as never) });
    await expect(findKey(reader, key)).rejects.toMatchObject({
      code: "BACKEND_ERROR",
      message: expect.stringContaining("`unwrap` must resolve with"),
    });
  });

  it("reports any other failure of a service as BACKEND_ERROR, with the cause untouched", async () => {
    const service = localService();
    const cause = new Error("The service has a bug.");
    service.before = () => {
      throw cause;
    };
    await expect(processWith(service).provider.currentKey()).rejects.toMatchObject({
      code: "BACKEND_ERROR",
      cause,
    });
  });
});

describe("a forged header", () => {
  it("does not replace the key of an id, and calls no service", async () => {
    const service = localService();
    const [key, forged] = [
      await processWith(service).provider.currentKey(),
      await processWith(service).provider.currentKey(),
    ];
    const reader = processWith(service);
    service.calls.length = 0;
    const finding = reader.provider.findKey(key.id, forged.wrapped);
    await expect(finding).rejects.toMatchObject({ code: "CORRUPT" });
    for (const wrapped of ["", "x", " key/1", '" key/1', `${key.wrapped}1`]) {
      await expect(reader.provider.findKey(key.id, wrapped)).rejects.toMatchObject({ code: "CORRUPT" });
    }
    expect(service.calls).toEqual([]);
    expect(await findKey(reader, key)).toEqual(key);
  });
});

it.each([
  [undefined, {}, "`service`"],
  [{ wrap: () => undefined }, {}, "`service`"],
  [localService(), { maxAgeMs: 0 }, "`maxAgeMs`"],
  [localService(), { cacheMs: Number.NaN }, "`cacheMs`"],
  [localService(), { cacheSize: 0 }, "`cacheSize`"],
  [localService(), { timeoutMs: 0 }, "`timeoutMs`"],
  [localService(), { timeoutMs: 2 ** 31 }, "`timeoutMs`"],
  [localService(), { now: 5 }, "`now`"],
  [localService(), { maxAge: 5 }, "`maxAge` is not an option"],
])("rejects invalid options: case %#", (service, options, message) => {
  expect(() => envelopeKeys(service as never, options as never)).toThrow(message);
});

it("does not keep the process alive after a call", async () => {
  vi.useFakeTimers();
  try {
    await processWith(localService()).provider.currentKey();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
