import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { inspect } from "node:util";
import { KeyClient, type KeyClientOptions } from "@azure/keyvault-keys";
import { KeyClient as LowestKeyClient } from "keyvault-keys-4.9";
import { describe, expect, it } from "vitest";
import { envelopeKeys } from "../keys/envelope-keys.ts";
import { azureKeyVault } from "./azure-key-vault.ts";
import { type HttpResponse, type HttpServer, startServer } from "./http-server.test-helper.ts";

const call = { signal: new AbortController().signal };
const TOKEN = "token-of-the-client";

interface Vault extends HttpServer {
  failure: { readonly status: number; readonly code: string } | undefined;
  /** Creates a new version of the key. */
  rotate(): void;
}

/** A stand-in for Key Vault, with a key `threads`. */
async function startVault(): Promise<Vault> {
  const versions = new Map<string, KeyObject>();
  const failed = (status: number, code: string): HttpResponse => ({
    status,
    body: { error: { code, message: "as configured" } },
  });
  const state = {
    failure: undefined as Vault["failure"],
    rotate(): void {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      versions.set(String(versions.size + 1).padStart(32, "0"), privateKey);
    },
  };
  state.rotate();
  const server = await startServer(({ headers, path, body }) => {
    const { host = "" } = headers;
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      const challenge =
        'Bearer authorization="https://login.example/tenant", resource="https://vault.azure.net"';
      return { ...failed(401, "Unauthorized"), headers: { "www-authenticate": challenge } };
    }
    if (state.failure !== undefined) return failed(state.failure.status, state.failure.code);
    const [, , name = "", asked = "", operation] = new URL(path, "http://x").pathname.split("/");
    const version = asked === "" ? ([...versions.keys()].at(-1) ?? "") : asked;
    const key = versions.get(version);
    if (name !== "threads" || key === undefined) return failed(404, "KeyNotFound");
    const kid = `https://${host}/keys/${name}/${version}`;
    if (operation === undefined) {
      const { n, e } = key.export({ format: "jwk" });
      return { status: 200, body: { key: { kid, kty: "RSA", n, e }, attributes: { enabled: true } } };
    }
    if (asked === "") return failed(400, "BadParameter");
    const { alg, value } = JSON.parse(body) as { alg: string; value: string };
    if (alg !== "RSA-OAEP-256") return failed(400, "BadParameter");
    try {
      const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
      const compute = operation === "wrapkey" ? publicEncrypt : privateDecrypt;
      const result = compute(options, Buffer.from(value, "base64url")).toString("base64url");
      return { status: 200, body: { kid, value: result } };
    } catch {
      return failed(400, "BadParameter");
    }
  });
  return Object.assign(state, server);
}

function clientOf(url: string, Client: typeof KeyClient | typeof LowestKeyClient = KeyClient) {
  const credential = {
    getToken: async () => ({ token: TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  return new Client(url.replace("http:", "https:"), credential, {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
    httpClient: HTTP_CLIENT,
  });
}

function headersToSend(headers: Iterable<[name: string, value: string]>): Record<string, string> {
  const ofConnection = new Set(["connection", "content-length", "host", "accept-encoding"]);
  return Object.fromEntries([...headers].filter(([name]) => !ofConnection.has(name.toLowerCase())));
}

type HttpClient = NonNullable<KeyClientOptions["httpClient"]>;

/** Sends requests without TLS, which the SDK refuses to do. */
const HTTP_CLIENT: HttpClient = {
  async sendRequest(request) {
    try {
      const response = await fetch(request.url.replace("https:", "http:"), {
        method: request.method,
        headers: headersToSend(request.headers),
        body: typeof request.body === "string" ? request.body : null,
      });
      const answered = response.headers;
      const headers = {
        get: (name: string) => answered.get(name) ?? undefined,
        has: (name: string) => answered.has(name),
        set: (name: string, value: string | number | boolean) => answered.set(name, String(value)),
        delete: (name: string) => answered.delete(name),
        toJSON: () => Object.fromEntries(answered),
        [Symbol.iterator]: () => answered[Symbol.iterator](),
      };
      return { request, status: response.status, headers, bodyAsText: await response.text() };
    } catch (error) {
      const { cause } = error as { cause: { code: string } };
      throw Object.assign(new Error("no connection"), { name: "RestError", request, code: cause.code });
    }
  },
};

describe("azureKeyVault", () => {
  it.each([
    ["current", KeyClient],
    ["lowest", LowestKeyClient],
  ])(
    "encrypts with the newest version, and decrypts with the one that encrypted: %s SDK",
    async (_, Client) => {
      await using vault = await startVault();
      const service = azureKeyVault({ client: clientOf(vault.url, Client), keyName: "threads" });
      const bytes = randomBytes(32);
      const first = await service.wrap(bytes, call);
      expect(first.wrappingKey).toMatch(/^https:.*\/keys\/threads\/0+1$/u);
      vault.rotate();
      const second = await service.wrap(bytes, call);
      expect(second.wrappingKey).toMatch(/\/0+2$/u);
      for (const wrapped of [first, second]) {
        expect(Buffer.from(await service.unwrap(wrapped, call)).equals(bytes)).toBe(true);
      }
    },
  );

  it("serves two processes, and a new version makes the old data keys outdated", async () => {
    await using vault = await startVault();
    let now = 0;
    const open = () =>
      envelopeKeys(azureKeyVault({ client: clientOf(vault.url), keyName: "threads" }), { now: () => now });
    const [writer, reader] = [open(), open()];
    const key = await writer.currentKey();
    expect((await reader.findKey(key.id, key.wrapped))?.bytes).toEqual(key.bytes);
    vault.rotate();
    now = 86_400_000;
    expect(writer.isCurrent(key.id)).toBe(true);
    const next = await writer.currentKey();
    expect([key, next].map(({ id }) => writer.isCurrent(id))).toEqual([false, true]);
  });

  it("does not decrypt what was altered, and never asks another vault or key", async () => {
    await using vault = await startVault();
    const service = azureKeyVault({ client: clientOf(vault.url), keyName: "threads" });
    const wrapped = await service.wrap(randomBytes(32), call);
    const bytes = wrapped.bytes.with(40, (wrapped.bytes[40] ?? 0) ^ 1);
    await expect(service.unwrap({ ...wrapped, bytes }, call)).rejects.toMatchObject({ code: "CORRUPT" });
    vault.requests.length = 0;
    for (const wrappingKey of [
      wrapped.wrappingKey.replace("threads", "others"),
      wrapped.wrappingKey.replace("127.0.0.1", "127.0.0.2"),
      `${wrapped.wrappingKey}/../x`,
      "x",
    ]) {
      const unwrapping = service.unwrap({ ...wrapped, wrappingKey }, call);
      await expect(unwrapping).rejects.toMatchObject({ code: "MISCONFIGURED" });
    }
    expect(vault.requests).toEqual([]);
  });

  it.each([
    [401, "Unauthorized", "ACCESS_DENIED"],
    [403, "Forbidden", "ACCESS_DENIED"],
    [403, "KeyDisabled", "MISCONFIGURED"],
    [404, "KeyNotFound", "MISCONFIGURED"],
    [429, "Throttled", "UNAVAILABLE"],
    [500, "InternalError", "UNAVAILABLE"],
    [503, "Unavailable", "UNAVAILABLE"],
    [409, "Conflict", "BACKEND_ERROR"],
    [400, "BadParameter", "BACKEND_ERROR", "CORRUPT"],
  ])(
    "rejects after %i %s with %s, without secrets",
    async (status, code, expected, unwrapping = expected) => {
      await using vault = await startVault();
      const service = azureKeyVault({ client: clientOf(vault.url), keyName: "threads" });
      const bytes = randomBytes(32);
      const wrapped = await service.wrap(bytes, call);
      vault.failure = { status, code };
      const attempts = [
        [expected, service.wrap(bytes, call)],
        [unwrapping, service.unwrap(wrapped, call)],
      ] as const;
      for (const [expectedCode, attempt] of attempts) {
        const error: unknown = await attempt.catch((reason: unknown) => reason);
        expect(error).toMatchObject({ name: "ThreadStoreError", code: expectedCode });
        const shown = inspect(error, { depth: 20, showHidden: true });
        for (const secret of [bytes.toString("base64url"), TOKEN]) expect(shown).not.toContain(secret);
      }
    },
  );

  it("is UNAVAILABLE if nothing listens", async () => {
    const vault = await startVault();
    const service = azureKeyVault({ client: clientOf(vault.url), keyName: "threads" });
    await vault[Symbol.asyncDispose]();
    await expect(service.wrap(randomBytes(32), call)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  const client = clientOf("http://127.0.0.1:1");
  it.each([
    [{ keyName: "x" }, "`client`"],
    [{ client: {}, keyName: "x" }, "`client`"],
    [{ client }, "`keyName`"],
    [{ client, keyName: "a/b" }, "`keyName`"],
    [{ client, keyName: "x", algorithm: 5 }, "`algorithm`"],
    [{ client, keyName: "x", version: "x" }, "`version` is not an option"],
  ])("rejects invalid options: case %#", (options, message) => {
    expect(() => azureKeyVault(options as never)).toThrow(message);
  });
});
