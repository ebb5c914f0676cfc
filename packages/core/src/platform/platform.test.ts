import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtInModules, type RuntimeGlobals } from "./built-in-modules.ts";
import { checkNodeVersion } from "./node-version.ts";
import * as node from "./node.ts";
import type { Platform } from "./platform.ts";
import { webPlatform as onWeb } from "./web-platform.ts";
import * as web from "./web.ts";

const run = promisify(execFile);
const ENTRY_POINTS = ["index", "driver", "decorator", "documents", "maintenance"];

// Both modules must export all of it.
const onNode: Platform = node;
const withoutCondition: Platform = web;

/** Text with characters of every length in UTF-8, with halves of characters, and with a byte order mark. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "ü", "€", "😀", "\uD83D", "\uDE00", "\uFEFF", "\0", "\n") }),
);
const bytes = fc.uint8Array({ maxLength: 200 });

function hex(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
}

describe("without the modules of Node.js", () => {
  it("text is encoded, measured and decoded as by a Buffer", () => {
    fc.assert(
      fc.property(text, (value) => {
        const [expected, actual] = [onNode.ByteBuffer.from(value), onWeb.ByteBuffer.from(value)];
        expect(hex(actual)).toBe(hex(expected));
        expect(onWeb.ByteBuffer.byteLength(value)).toBe(onNode.ByteBuffer.byteLength(value));
        const target = onWeb.ByteBuffer.alloc(expected.length + 2);
        expect(target.write(value, 1)).toBe(expected.length);
        expect(hex(target)).toBe(`00${hex(expected)}00`);
      }),
    );
  });

  it("bytes are formatted as by a Buffer", () => {
    fc.assert(
      fc.property(bytes, fc.nat(200), fc.nat(200), (value, start, end) => {
        for (const encoding of ["utf8", "latin1", "base64url", "hex"] as const) {
          const expected = onNode.ByteBuffer.from(value).toString(encoding, start, end);
          expect(onWeb.ByteBuffer.from(value).toString(encoding, start, end), encoding).toBe(expected);
        }
      }),
    );
  });

  it.each(["", "a", "aGk", "aGk=", "_-8", "/+8", "a b\nc", "%", "ü", "aGkx"])(
    "decodes %j from base64url as a Buffer does",
    (value) => {
      expect(hex(onWeb.ByteBuffer.from(value, "base64url"))).toBe(
        hex(onNode.ByteBuffer.from(value, "base64url")),
      );
    },
  );

  it("bytes are compared, searched, copied and joined as by a Buffer", () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(20), (left, right, from) => {
        const [ofNode, ofWeb] = [onNode.ByteBuffer.from(left), onWeb.ByteBuffer.from(left)];
        expect(ofWeb.compare(right)).toBe(ofNode.compare(right));
        const end = Math.min(from + 1, left.length, right.length);
        const start = Math.min(from, end);
        expect(ofWeb.compare(right, start, end, start, end)).toBe(
          ofNode.compare(right, start, end, start, end),
        );
        const [nodeTarget, webTarget] = [new Uint8Array(from), new Uint8Array(from)];
        expect(ofWeb.copy(webTarget, start, start)).toBe(ofNode.copy(nodeTarget, start, start));
        expect(hex(webTarget)).toBe(hex(nodeTarget));
        expect(hex(onWeb.ByteBuffer.concat([left, right]))).toBe(
          hex(onNode.ByteBuffer.concat([left, right])),
        );
        expect(hex(ofWeb.subarray(1, -1))).toBe(hex(ofNode.subarray(1, -1)));
      }),
    );
  });

  it.each(["b", "ab", "abc", "bc", "", "x", "abcabcabc"])("finds the last %j", (needle) => {
    expect(onWeb.ByteBuffer.from("abcabc").lastIndexOf(needle)).toBe(
      onNode.ByteBuffer.from("abcabc").lastIndexOf(needle),
    );
  });

  it("views of memory share it, and copies do not", () => {
    const memory = Uint8Array.of(1, 2, 3);
    const [view, copy] = [onWeb.ByteBuffer.from(memory.buffer, 1, 2), onWeb.ByteBuffer.from(memory)];
    memory[1] = 9;
    expect([hex(view), hex(view.subarray(1)), hex(copy)]).toEqual(["0903", "03", "010203"]);
    expect(view.readUIntBE(0, 2)).toBe(0x09_03);
  });

  it("checksums and hashes are the same", () => {
    fc.assert(
      fc.property(text, bytes, (value, more) => {
        expect(onWeb.crc32(more, onWeb.crc32(value))).toBe(onNode.crc32(more, onNode.crc32(value)));
        for (const encoding of ["base64url", "hex"] as const) {
          expect(onWeb.sha256Text(value, encoding)).toBe(onNode.sha256Text(value, encoding));
        }
      }),
    );
    // Around the ends of the blocks.
    for (let length = 50; length < 135; length += 1) {
      expect(hex(onWeb.sha256("x".repeat(length))), `${length}`).toBe(hex(onNode.sha256("x".repeat(length))));
    }
  });

  it("creates random UUIDs of version 4", () => {
    const ids = new Set(Array.from({ length: 100 }, () => onWeb.randomUUID()));
    expect(ids.size).toBe(100);
    for (const id of ids)
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u);
  });

  it("waits, and stops waiting if the signal aborts", async () => {
    await onWeb.wait(1);
    await onWeb.immediate();
    const controller = new AbortController();
    const waiting = onWeb.wait(60_000, { signal: controller.signal });
    controller.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(onWeb.wait(60_000, { signal: controller.signal })).rejects.toThrow("stopped");
  });
});

describe("a bundle without the import condition", () => {
  const ofNode = {
    release: { name: "node" },
    versions: { node: "24.0.0" },
    getBuiltinModule: (name: string) => process.getBuiltinModule(name),
  };

  it("works on Node.js as every other program does", () => {
    expect(withoutCondition.ByteBuffer).toBe(Buffer);
    expect(withoutCondition.crc32("ü", 7)).toBe(onNode.crc32("ü", 7));
    expect(withoutCondition.sha256Text("ü", "hex")).toBe(onNode.sha256Text("ü", "hex"));
    expect(withoutCondition.callChannel("x")).toHaveProperty("asyncEnd");
  });

  it.each<[string, RuntimeGlobals]>([
    ["Node.js", { process: ofNode }],
    ["Node.js with a navigator", { process: ofNode, navigator: { userAgent: "Node.js/24" } }],
    ["Bun", { process: { ...ofNode, versions: { node: "20.0.0", bun: "1.4.5" } } }],
    ["Deno", { process: { ...ofNode, versions: { node: "20.0.0", deno: "2.9.6" } } }],
  ])("uses the modules of %s", (_, runtime) => {
    expect(builtInModules(runtime)?.buffer.Buffer).toBe(Buffer);
    expect(Object.values(builtInModules(runtime) ?? {})).not.toContain(undefined);
  });

  it.each<[string, RuntimeGlobals]>([
    ["a browser", { navigator: { userAgent: "Mozilla/5.0" } }],
    ["a page whose bundler defines a process", { process: {} }],
    ["a page with the process of a browser", { process: { release: {}, versions: {} } }],
    ["an edge runtime", { process: { versions: { node: "22.0.0" } } }],
    ["a worker", { process: ofNode, navigator: { userAgent: "Cloudflare-Workers" } }],
    ["a runtime that lacks a module", { process: { ...ofNode, getBuiltinModule: () => undefined } }],
    ["a runtime without the function", { process: { release: { name: "node" } } }],
  ])("does not use those of %s", (_, runtime) => {
    expect(builtInModules(runtime)).toBeUndefined();
  });

  it("is refused by an old Node.js, too", () => {
    expect(() => builtInModules({ process: { ...ofNode, versions: { node: "20.19.5" } } })).toThrow(
      "ThreadStore needs Node.js 22.12 or newer, but this process runs Node.js 20.19.5.",
    );
  });
});

describe("the version of Node.js", () => {
  it.each(["22.12.0", "22.13.1", "23.0.0", "24.21.0", "26.0.0-nightly20260101", "100.0.0"])(
    "%s is supported",
    (version) => {
      expect(() => checkNodeVersion({ node: version })).not.toThrow();
    },
  );

  it.each(["22.11.0", "22.9.1", "21.99.0", "20.19.5", "18.20.8", "0.12.18"])("%s is too old", (version) => {
    expect(() => checkNodeVersion({ node: version })).toThrow(
      `ThreadStore needs Node.js 22.12 or newer, but this process runs Node.js ${version}.`,
    );
  });

  it.each([{}, { node: "20.11.1", deno: "1.46.3" }, { node: "18.0.0", bun: "1.0.0" }])(
    "does not matter on another runtime: %j",
    (versions) => {
      expect(() => checkNodeVersion(versions)).not.toThrow();
    },
  );

  it("is checked by every import of this package, before anything else can fail", async () => {
    const imports = ENTRY_POINTS.map((name) => new URL(`../../dist/${name}.js`, import.meta.url).href);
    const program = `
      Object.defineProperty(process, "versions", { value: { node: "20.19.5" } });
      delete Promise.withResolvers;
      for (const file of ${JSON.stringify(imports)}) {
        const message = await import(file).then(() => "none", (error) => error.message);
        console.log(message);
      }`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program]);
    const sentence =
      "ThreadStore needs Node.js 22.12 or newer, but this process runs Node.js 20.19.5. Install a newer version of Node.js.";
    expect(stdout.trim().split("\n")).toEqual(ENTRY_POINTS.map(() => sentence));
  });
});
