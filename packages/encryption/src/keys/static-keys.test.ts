import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { staticKeys } from "./static-keys.ts";

const [first, second] = [randomBytes(32), randomBytes(32)];

describe("staticKeys", () => {
  it("provides keys given as bytes or as base64", async () => {
    const provider = staticKeys({ current: "b", keys: { a: first, b: `${second.toString("base64")}\n` } });
    expect(await provider.currentKey()).toEqual({ id: "b", bytes: Uint8Array.from(second) });
    expect((await provider.findKey("a", undefined))?.bytes).toEqual(Uint8Array.from(first));
    expect(await provider.findKey("c", undefined)).toBeUndefined();
    expect(await provider.findKey("toString", undefined)).toBeUndefined();
    expect(["a", "b", "c"].map((id) => provider.isCurrent(id))).toEqual([false, true, false]);
  });

  it("keeps copies of the keys", async () => {
    const bytes = Buffer.from(first);
    const provider = staticKeys({ current: "a", keys: { a: bytes } });
    bytes.fill(0);
    expect((await provider.currentKey()).bytes).toEqual(Uint8Array.from(first));
  });

  it("does not show keys", () => {
    const provider = staticKeys({ current: "a", keys: { a: first } });
    const shown = inspect(provider, { depth: 9, showHidden: true }) + JSON.stringify(provider);
    expect(shown).not.toContain(first.toString("base64"));
    expect(shown).not.toMatch(/\d+, \d+, \d+|([0-9a-f]{2} ){3}/u);
  });

  const secret = first.toString("base64");
  it.each([
    [{}, "`keys`"],
    [{ current: "a" }, "`keys`"],
    [{ current: "a", keys: {} }, "`current`"],
    [{ current: "toString", keys: { a: first } }, "`current`"],
    [{ current: "b", keys: { a: first } }, "`current`"],
    [{ current: "a", keys: { a: first.subarray(1) } }, "openssl rand -base64 32"],
    [{ current: "a", keys: { a: "not base64" } }, "openssl rand -base64 32"],
    [{ current: "a", keys: { a: secret.slice(4) } }, "openssl rand -base64 32"],
    [{ current: "a", keys: { a: [...first] } }, "openssl rand -base64 32"],
    [{ current: "a", keys: { [secret]: "a" } }, "1 to 64 characters"],
    [{ current: "a", keys: { a: first }, key: secret }, "`key` is not an option"],
    [undefined, "plain object. Pass one with `current` and `keys`."],
    [null, "plain object"],
  ])("rejects invalid options without showing them: case %#", (options, message) => {
    const failure = (): unknown => {
      try {
        return staticKeys(options as never);
      } catch (error) {
        return error;
      }
    };
    expect(failure()).toMatchObject({ name: "TypeError", message: expect.stringContaining(message) });
    expect(String(failure())).not.toContain(secret);
  });
});
