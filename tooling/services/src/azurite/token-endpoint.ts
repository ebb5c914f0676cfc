// Program: token-endpoint.ts PORT CERTIFICATE KEY. Issues tokens like Microsoft Entra ID.
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { APPLICATION } from "./application.ts";

const [port = "", certificateFile = "", keyFile = ""] = process.argv.slice(2);
const origin = `https://localhost:${port}`;
const LIFETIME_SECONDS = 3600;

/** Creates a token with the claims that Azurite checks. It does not check the signature. */
function createToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: "https://storage.azure.com",
    iss: `https://sts.windows.net/${APPLICATION.tenantId}/`,
    iat: now,
    nbf: now - 60,
    exp: now + LIFETIME_SECONDS,
  };
  const parts = [{ alg: "RS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return [...parts, "signature"].join(".");
}

/** Checks a client secret, and accepts any token of a workload identity. */
function isAuthentic(form: URLSearchParams): boolean {
  return form.get("client_secret") === APPLICATION.clientSecret || form.has("client_assertion");
}

async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
  const url = new URL(request.url ?? "", origin);
  const tenant = `${origin}/${APPLICATION.tenantId}`;
  if (url.pathname.endsWith("/.well-known/openid-configuration")) {
    // Entra's client library rejects a document without one of these.
    const body = {
      issuer: `${tenant}/v2.0`,
      token_endpoint: `${tenant}/token`,
      authorization_endpoint: `${tenant}/authorize`,
      jwks_uri: `${tenant}/keys`,
    };
    return { status: 200, body };
  }
  const token = { token_type: "Bearer", access_token: createToken() };
  // The request of a managed identity.
  if (request.method === "GET" && url.searchParams.has("resource")) {
    return {
      status: 200,
      body: { ...token, expires_on: String(Math.floor(Date.now() / 1000) + LIFETIME_SECONDS) },
    };
  }
  return isAuthentic(new URLSearchParams(await text(request)))
    ? { status: 200, body: { ...token, expires_in: LIFETIME_SECONDS } }
    : {
        status: 401,
        body: { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret." },
      };
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(request);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (request, response) => {
  void serve(request, response);
}).listen(Number(port), "127.0.0.1");
