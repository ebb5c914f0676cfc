import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { KMSClient } from "@aws-sdk/client-kms";
import { KMSClient as LowestKMSClient } from "client-kms-3.1000";
import { describe, expect, it } from "vitest";
import { envelopeKeys } from "../keys/envelope-keys.ts";
import { awsKms } from "./aws-kms.ts";
import { type HttpResponse, type HttpServer, startServer } from "./http-server.test-helper.ts";

const ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const call = { signal: new AbortController().signal };

interface Failure {
  readonly status: number;
  readonly name: string;
}

/** A stand-in for KMS, which checks requests as the service does. */
async function startKms(): Promise<HttpServer & { failure: Failure | undefined }> {
  const secret = randomBytes(32);
  const failed = ({ status, name }: Failure): HttpResponse => ({
    status,
    body: { __type: name, message: "as configured" },
  });
  const operations: Readonly<
    Record<string, (input: Record<string, string>, context: string) => HttpResponse>
  > = {
    "TrentService.Encrypt"({ KeyId, Plaintext = "" }, context) {
      if (KeyId !== "alias/threads") return failed({ status: 400, name: "NotFoundException" });
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(Plaintext, "base64"), cipher.final()]);
      const blob = Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
      return {
        status: 200,
        body: { KeyId: ARN, CiphertextBlob: blob, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" },
      };
    },
    "TrentService.Decrypt"({ KeyId, CiphertextBlob = "" }, context) {
      if (KeyId !== ARN) return failed({ status: 400, name: "IncorrectKeyException" });
      const blob = Buffer.from(CiphertextBlob, "base64");
      try {
        const decipher = createDecipheriv("aes-256-gcm", secret, blob.subarray(0, 12));
        decipher.setAAD(Buffer.from(context)).setAuthTag(blob.subarray(12, 28));
        const plaintext = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
        return { status: 200, body: { KeyId: ARN, Plaintext: plaintext.toString("base64") } };
      } catch {
        return failed({ status: 400, name: "InvalidCiphertextException" });
      }
    },
  };
  const state: { failure: Failure | undefined } = { failure: undefined };
  const server = await startServer(({ headers, body }) => {
    if (state.failure !== undefined) return failed(state.failure);
    const isSigned = headers.authorization?.startsWith("AWS4-HMAC-SHA256 Credential=AKIDTEST/") === true;
    if (!isSigned) return failed({ status: 400, name: "MissingAuthenticationTokenException" });
    const input = JSON.parse(body) as Record<string, string>;
    const context = JSON.stringify(input["EncryptionContext"] ?? {});
    const operation = operations[String(headers["x-amz-target"])];
    return operation?.(input, context) ?? failed({ status: 400, name: "UnknownOperationException" });
  });
  return Object.assign(state, server);
}

/** The options of a client without retries. */
function configOf(endpoint: string) {
  const credentials = { accessKeyId: "AKIDTEST", secretAccessKey: "secret-of-the-client" };
  return { endpoint, region: "eu-central-1", maxAttempts: 1, credentials };
}

function clientOf(endpoint: string): KMSClient {
  return new KMSClient(configOf(endpoint));
}

describe("awsKms", () => {
  it.each([
    ["current", clientOf],
    ["lowest", (endpoint: string) => new LowestKMSClient(configOf(endpoint))],
  ])("encrypts data keys with the key of the alias, and decrypts them: %s SDK", async (_, open) => {
    await using kms = await startKms();
    const service = awsKms({ client: open(kms.url), keyId: "alias/threads" });
    const bytes = randomBytes(32);
    const wrapped = await service.wrap(bytes, call);
    expect(wrapped.wrappingKey).toBe(ARN);
    expect(Buffer.from(wrapped.bytes).includes(bytes)).toBe(false);
    expect(Buffer.from(await service.unwrap(wrapped, call)).equals(bytes)).toBe(true);
    const inputs = kms.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    const context = { purpose: "threadstore-data-key" };
    expect(inputs).toMatchObject([
      { KeyId: "alias/threads", EncryptionContext: context },
      { KeyId: ARN, EncryptionContext: context },
    ]);
  });

  it("serves two processes with one call for each data key", async () => {
    await using kms = await startKms();
    const open = () => envelopeKeys(awsKms({ client: clientOf(kms.url), keyId: "alias/threads" }));
    const [writer, reader] = [open(), open()];
    const key = await writer.currentKey();
    for (let n = 0; n < 10; n += 1) {
      await writer.currentKey();
      expect((await reader.findKey(key.id, key.wrapped))?.bytes).toEqual(key.bytes);
    }
    expect(kms.requests.length).toBe(2);
  });

  it("does not decrypt what was altered, or what another key encrypted", async () => {
    await using kms = await startKms();
    const service = awsKms({ client: clientOf(kms.url), keyId: "alias/threads" });
    const wrapped = await service.wrap(randomBytes(32), call);
    const bytes = wrapped.bytes.with(40, (wrapped.bytes[40] ?? 0) ^ 1);
    await expect(service.unwrap({ ...wrapped, bytes }, call)).rejects.toMatchObject({ code: "CORRUPT" });
    const other = { ...wrapped, wrappingKey: `${ARN}x` };
    await expect(service.unwrap(other, call)).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it.each([
    [400, "AccessDeniedException", "ACCESS_DENIED"],
    [400, "UnrecognizedClientException", "ACCESS_DENIED"],
    [403, "InvalidSignatureException", "ACCESS_DENIED"],
    [400, "ExpiredTokenException", "ACCESS_DENIED"],
    [403, "SomethingElse", "ACCESS_DENIED"],
    [400, "DisabledException", "MISCONFIGURED"],
    [400, "KMSInvalidStateException", "MISCONFIGURED"],
    [400, "NotFoundException", "MISCONFIGURED"],
    [400, "InvalidKeyUsageException", "MISCONFIGURED"],
    [400, "InvalidCiphertextException", "CORRUPT"],
    [400, "ThrottlingException", "UNAVAILABLE"],
    [500, "KMSInternalException", "UNAVAILABLE"],
    [503, "KeyUnavailableException", "UNAVAILABLE"],
    [502, "SomethingElse", "UNAVAILABLE"],
    [400, "SomethingElse", "BACKEND_ERROR"],
  ])("rejects after %i %s with %s, without secrets", async (status, name, code) => {
    await using kms = await startKms();
    kms.failure = { status, name };
    const bytes = randomBytes(32);
    const service = awsKms({ client: clientOf(kms.url), keyId: "alias/threads" });
    const error: unknown = await service.wrap(bytes, call).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "ThreadStoreError", code, cause: { name } });
    const shown = inspect(error, { depth: 20, showHidden: true });
    for (const secret of [bytes.toString("base64"), "secret-of-the-client", "AWS4-HMAC"]) {
      expect(shown).not.toContain(secret);
    }
  });

  it("is UNAVAILABLE if nothing listens, and if the call is aborted", async () => {
    const kms = await startKms();
    const service = awsKms({ client: clientOf(kms.url), keyId: "alias/threads" });
    await kms[Symbol.asyncDispose]();
    await expect(service.wrap(randomBytes(32), call)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const aborted = { signal: AbortSignal.abort() };
    await expect(service.wrap(randomBytes(32), aborted)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is ACCESS_DENIED without credentials", async () => {
    const credentials = (): Promise<never> =>
      Promise.reject(Object.assign(new Error("no credentials"), { name: "CredentialsProviderError" }));
    const client = new KMSClient({ region: "eu-central-1", credentials });
    const wrapping = awsKms({ client, keyId: "alias/threads" }).wrap(randomBytes(32), call);
    await expect(wrapping).rejects.toMatchObject({ code: "ACCESS_DENIED" });
  });

  const client = clientOf("http://127.0.0.1:1");
  it.each([
    [{ keyId: "x" }, "`client`"],
    [{ client: {}, keyId: "x" }, "`client`"],
    [{ client }, "`keyId`"],
    [{ client, keyId: "" }, "`keyId`"],
    [{ client, keyId: "x", region: "x" }, "`region` is not an option"],
  ])("rejects invalid options: case %#", (options, message) => {
    expect(() => awsKms(options as never)).toThrow(message);
  });
});
