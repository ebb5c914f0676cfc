import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ClientSecretCredential, type TokenCredential } from "@azure/identity";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, describe, expect, it } from "vitest";
import { startAzuriteOAuth } from "./azurite-oauth.ts";

describe("startAzuriteOAuth", async () => {
  const { endpoint, servers, stop } = await startAzuriteOAuth();
  const authorities = getCACertificates("default");
  setDefaultCACertificates([...authorities, readFileSync(endpoint.certificateFile, "utf8")]);
  afterAll(async () => {
    setDefaultCACertificates(authorities);
    await stop();
  });

  function credential(secret: string): TokenCredential {
    const { tenantId, clientId, authorityHost } = endpoint;
    const options = { authorityHost, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } };
    return new ClientSecretCredential(tenantId, clientId, secret, options);
  }

  const createContainer = async (token: TokenCredential) => {
    const service = new BlobServiceClient(endpoint.url, token, { retryOptions: { maxTries: 1 } });
    const { containerCreateResponse } = await service.createContainer("threads");
    return containerCreateResponse.errorCode ?? "created";
  };

  it("accepts a token of its endpoint", async () => {
    expect(await createContainer(credential(endpoint.clientSecret))).toBe("created");
  });

  it("rejects a wrong secret and an expired token", async () => {
    await expect(createContainer(credential("wrong"))).rejects.toMatchObject({ cause: { status: 401 } });
    const token = [{}, { exp: 1 }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const expired = { getToken: async () => ({ token: `${token}.x`, expiresOnTimestamp: Date.now() + 1e6 }) };
    await expect(createContainer(expired)).rejects.toMatchObject({ statusCode: 403 });
  });

  it("issues a token to a managed identity", async () => {
    const url = `${endpoint.identityEndpoint}?api-version=2019-08-01&resource=https://storage.azure.com`;
    const answer = await fetch(url, { headers: { "x-identity-header": "any" } });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const getToken = async () => ({ token, expiresOnTimestamp: Date.now() + 1e6 });
    await expect(createContainer({ getToken })).rejects.toMatchObject({ code: "ContainerAlreadyExists" });
  });

  it("issues no token while its endpoint is down", async () => {
    await servers.tokens.kill();
    await expect(createContainer(credential(endpoint.clientSecret))).rejects.toThrow(
      "endpoints_resolution_error",
    );
    await servers.tokens.restart();
    await expect(createContainer(credential(endpoint.clientSecret))).rejects.toMatchObject({
      statusCode: 409,
    });
  });
});
