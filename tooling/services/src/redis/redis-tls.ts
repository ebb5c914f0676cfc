import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCertificate } from "../processes/certificate.ts";
import { freePorts, LOOPBACK } from "../processes/ports.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { startService, type Service } from "../service.ts";
import { DURABLE, provideRedis, startRedisServer } from "./redis-programs.ts";

export interface RedisTlsEndpoint {
  /** `rediss://user:password@host:port` */
  readonly url: string;
  /** A PEM file that clients must trust. */
  readonly certificateFile: string;
}

export interface RedisTlsOptions {
  /**
   * The rights of the user, in the syntax of Redis access control lists.
   * @default "~* &* +@all -@dangerous +info +keys"
   */
  readonly rules?: string;
}

export type RedisTlsService = Service<RedisTlsEndpoint, { readonly redis: ServerProcess }>;

/** Starts a Redis server with TLS and a single user, who has a password. */
export async function startRedisTls(options: RedisTlsOptions = {}): Promise<RedisTlsService> {
  const { rules = "~* &* +@all -@dangerous +info +keys" } = options;
  const installation = await provideRedis();
  return startService("redis-tls", async (directory) => {
    const [port = 0, tlsPort = 0] = await freePorts(2);
    const { certificateFile, keyFile } = await createCertificate(directory.path);
    const users = join(directory.path, "users.acl");
    await writeFile(users, `user default off\nuser app on >app-secret ${rules}\n`);
    const tls = [
      "--tls-port",
      String(tlsPort),
      "--tls-cert-file",
      certificateFile,
      "--tls-key-file",
      keyFile,
    ];
    const trust = ["--tls-ca-cert-file", certificateFile, "--tls-auth-clients", "optional"];
    const redis = await startRedisServer(directory, installation, {
      name: "redis",
      port,
      settings: [...DURABLE, ...tls, ...trust, "--aclfile", users],
    });
    const url = `rediss://app:app-secret@${LOOPBACK}:${tlsPort}`;
    return { endpoint: { url, certificateFile }, servers: { redis } };
  });
}
