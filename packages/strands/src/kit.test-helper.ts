import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Storage } from "@strands-agents/sdk";

/** Storages over the same values: `open` returns another client of them, such as another process has. */
export interface KitStorages {
  readonly storage: Storage;
  readonly open: () => Storage;
  /**
   * Whether errors have the codes of this package, and values are no subclass of `Uint8Array`. The SDK's storages
   * promise neither.
   * @default true
   */
  readonly isOurs?: boolean;
}

/** A requirement of the SDK or of applications, to be tested on every store. */
export interface Check {
  readonly name: string;
  /** Whether the quick tests run it on every store. The others then run in memory and on SQLite only. */
  readonly quick?: true;
  readonly run: (storages: KitStorages) => Promise<void>;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Values that are easily changed on the way through JSON. */
export const VALUES: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["nothing", new Uint8Array()],
  ["every byte", Uint8Array.from({ length: 256 }, (_, index) => index)],
  ["part of a larger buffer", Uint8Array.from([9, 123, 125, 9]).subarray(1, 3)],
  ["a Buffer", Buffer.from("node")],
  ["invalid UTF-8", Uint8Array.from([0x22, 0xc3, 0x28, 0x22])],
  ["UTF-8 that ends within a character", bytesOf("😀").subarray(0, 3)],
  ["an overlong encoding", Uint8Array.from([0xc0, 0x80])],
  ["JSON", bytesOf('{"messages":[{"role":"user"}]}')],
  ["JSON with spaces, escapes and its own number format", bytesOf(' {\n"a": 1.0e2, "\\u00e4": "\\/"}\r\n')],
  ["JSON with the same member twice", bytesOf('{"a":1,"a":2,"__proto__":3}')],
  ["JSON with half of an emoji", bytesOf('"\\ud83d"')],
  ["a JSON number", bytesOf("-0")],
  ["JSON null", bytesOf("null")],
  ["deep JSON", bytesOf("[".repeat(900) + "]".repeat(900))],
  ["JSON after a byte order mark", bytesOf("\uFEFF{}")],
  ["text that continues the thread's JSON", bytesOf('1},"x":{')],
  ["Markdown", bytesOf('# Notes\n\n- "quoted" \\ and ü😀\u2028')],
  ["control characters", bytesOf("\0\u0001\u001b".repeat(50))],
  ["content with a type in front, as the context offloader writes it", bytesOf("\0\ntext/plainHello")],
];

/** Keys that a backend could confuse, reject or cut. */
export function awkwardKeys(unique: string): string[] {
  const long = `${unique}/${"a".repeat(600)}`;
  return [
    unique,
    `${unique}/`,
    `${unique}//b`,
    `${unique}/b`,
    `${unique}/B`,
    `${unique}/../b`,
    `${unique}\\b`,
    `${unique}/e\u0301`,
    `${unique}/\u00e9`,
    `${unique}/😀\0\n"%2F`,
    `${unique}/~sha256-`,
    `${unique}/con.`,
    `${unique}/${"b".repeat(512 - unique.length - 1)}`,
    `${unique}/${"b".repeat(513 - unique.length - 1)}`,
    long,
    `${long}b`,
    `${unique}/${"😀".repeat(20_000 / 4)}`,
  ];
}

async function readText(storage: Storage, key: string): Promise<string | null> {
  return textOf(await storage.read(key));
}

export const CHECKS: readonly Check[] = [
  {
    name: "a value is read as it was written, byte for byte, by every client",
    quick: true,
    async run({ storage, open, isOurs = true }) {
      const unique = randomUUID();
      for (const [name, bytes] of VALUES) {
        await storage.write(`${unique}/${name}`, bytes);
        const read = await open().read(`${unique}/${name}`);
        assert.ok(read);
        assert.deepEqual(isOurs ? read : new Uint8Array(read), new Uint8Array(bytes), name);
      }
    },
  },
  {
    name: "a missing value is null, and deleting it does nothing",
    async run({ storage }) {
      const key = randomUUID();
      assert.equal(await storage.read(key), null);
      await storage.delete(key);
      assert.deepEqual(await storage.list(key), []);
    },
  },
  {
    name: "a write replaces a value, and a delete removes it for every client",
    async run({ storage, open }) {
      const key = randomUUID();
      await storage.write(key, bytesOf("first"));
      await storage.write(key, bytesOf("second"));
      assert.equal(await readText(open(), key), "second");
      await storage.delete(key);
      assert.equal(await readText(open(), key), null);
      await storage.write(key, bytesOf("third"));
      assert.equal(await readText(open(), key), "third");
    },
  },
  {
    name: "keys of any length with any characters are separate, and listed in order",
    quick: true,
    async run({ storage }) {
      const unique = randomUUID();
      const keys = awkwardKeys(unique);
      await Promise.all(keys.map(async (key, index) => storage.write(key, bytesOf(String(index)))));
      for (const [index, key] of keys.entries()) assert.equal(await readText(storage, key), String(index));
      assert.deepEqual(await storage.list(unique), keys.toSorted());
      await storage.delete(keys.at(-1) ?? "");
      const nested = keys.slice(0, -1).filter((key) => key.startsWith(`${unique}/`));
      assert.deepEqual(await storage.list(`${unique}/`), nested.toSorted());
    },
  },
  {
    name: "a listing contains exactly the keys that begin with the prefix, however long it is",
    async run({ storage }) {
      const unique = randomUUID();
      const keys = awkwardKeys(unique);
      for (const key of keys) await storage.write(key, bytesOf("x"));
      for (const key of keys) {
        for (const length of [key.length, key.length - 1, 401, 480, 512, 600]) {
          const prefix = key.slice(0, length).toWellFormed();
          const expected = keys.filter((each) => each.startsWith(prefix)).toSorted();
          if (prefix.startsWith(unique)) assert.deepEqual(await storage.list(prefix), expected, prefix);
        }
      }
    },
  },
  {
    name: "a listing spans pages",
    async run({ storage }) {
      const unique = randomUUID();
      const keys = Array.from({ length: 30 }, (_, index) => `${unique}/${String(index).padStart(4, "0")}`);
      await Promise.all(keys.map(async (key) => storage.write(key, bytesOf("1"))));
      assert.deepEqual(await storage.list(`${unique}/`), keys);
    },
  },
  {
    name: "calls of one storage for one key take effect in their order",
    async run({ storage, open }) {
      const key = randomUUID();
      const texts = Array.from({ length: 10 }, (_, index) => String(index));
      const reads = await Promise.all(
        texts.map(async (text) => {
          const written = storage.write(key, bytesOf(text));
          const read = readText(storage, key);
          await written;
          return read;
        }),
      );
      assert.deepEqual(reads, texts);
      assert.equal(await readText(open(), key), "9");
    },
  },
  {
    name: "a write of a value that another client has changed, deleted or created since is rejected",
    quick: true,
    async run({ storage, open, isOurs = true }) {
      const other = open();
      const conflict = isOurs ? { code: "CONFLICT" } : Error;
      for (const change of ["write", "delete", "create"]) {
        const key = randomUUID();
        if (change !== "create") await other.write(key, bytesOf("1"));
        await storage.read(key);
        await (change === "delete" ? other.delete(key) : other.write(key, bytesOf("2")));
        const expected = change === "delete" ? null : "2";
        for (let attempt = 0; attempt < 2; attempt += 1) {
          await assert.rejects(async () => storage.write(key, bytesOf("3")), conflict, change);
          assert.equal(await readText(open(), key), expected);
        }
        assert.equal(await readText(storage, key), expected);
        await storage.write(key, bytesOf("3"));
        assert.equal(await readText(other, key), "3");
      }
    },
  },
  {
    name: "of clients that continue the same value at once, one succeeds",
    async run({ storage, open }) {
      const key = randomUUID();
      await storage.write(key, bytesOf("0"));
      const clients = Array.from({ length: 5 }, () => open());
      await Promise.all(clients.map(async (client) => client.read(key)));
      const outcomes = await Promise.allSettled(
        clients.map(async (client, index) => client.write(key, bytesOf(`client ${index}`))),
      );
      const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      assert.equal(await readText(storage, key), `client ${winner}`);
    },
  },
];
