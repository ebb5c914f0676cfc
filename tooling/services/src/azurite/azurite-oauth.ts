import { join } from "node:path";
import { createCertificate } from "../processes/certificate.ts";
import { accepts, freePorts, LOOPBACK } from "../processes/ports.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";
import { APPLICATION } from "./application.ts";
import { AZURITE_ACCOUNT, azuriteParameters } from "./azurite.ts";

export interface AzuriteOAuthEndpoint {
  /** `https://host:port/account` */
  readonly url: string;
  /** A PEM file that clients of both servers must trust (`NODE_EXTRA_CA_CERTS`). */
  readonly certificateFile: string;
  /** For `ClientSecretCredential` and `WorkloadIdentityCredential`, with `disableInstanceDiscovery: true`. */
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `IDENTITY_ENDPOINT` for `ManagedIdentityCredential`, which accepts any `IDENTITY_HEADER`. */
  readonly identityEndpoint: string;
}

export type AzuriteOAuthService = Service<
  AzuriteOAuthEndpoint,
  { readonly azurite: ServerProcess; readonly tokens: ServerProcess }
>;

/** Starts Azurite in memory over HTTPS, for clients with tokens, and an endpoint that issues tokens. */
export function startAzuriteOAuth(): Promise<AzuriteOAuthService> {
  return startService("azurite-oauth", async (directory) => {
    const [port = 0, tokenPort = 0] = await freePorts(2);
    const { certificateFile, keyFile } = await createCertificate(directory.path);
    const start = (name: string, itsPort: number, parameters: readonly string[]) =>
      startServer(directory, {
        name,
        command: process.execPath,
        parameters,
        untilReady: (signal) => waitUntil(`${name} to answer`, () => accepts(itsPort), { signal }),
      });
    const [azurite, tokens] = await Promise.all([
      start("azurite", port, [
        ...azuriteParameters(port),
        "--inMemoryPersistence",
        "--oauth",
        "basic",
        "--cert",
        certificateFile,
        "--key",
        keyFile,
      ]),
      start("tokens", tokenPort, [
        join(import.meta.dirname, "token-endpoint.ts"),
        String(tokenPort),
        certificateFile,
        keyFile,
      ]),
    ]);
    const authorityHost = `https://localhost:${tokenPort}`;
    const url = `https://${LOOPBACK}:${port}/${AZURITE_ACCOUNT.name}`;
    const identityEndpoint = `${authorityHost}/identity`;
    return {
      endpoint: { url, certificateFile, authorityHost, ...APPLICATION, identityEndpoint },
      servers: { azurite, tokens },
    };
  });
}
