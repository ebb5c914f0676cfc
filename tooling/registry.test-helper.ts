import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What npm reads to resolve versions. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
}

export interface ManifestRegistry {
  readonly url: string;
  publish(manifests: readonly Manifest[]): void;
  close(): Promise<void>;
}

/** Starts a registry of manifests without packages, which is enough for `npm install --package-lock-only`. */
export async function startRegistry(first: readonly Manifest[]): Promise<ManifestRegistry> {
  const published = [...first];
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url ?? "").slice(1);
    const releases = published.filter((manifest) => manifest.name === name);
    const versions = releases.map((manifest) => {
      const dist = { tarball: `http://${request.headers.host}/${name}.tgz`, integrity: "sha512-AA==" };
      return [manifest.version, { ...manifest, dist }];
    });
    const latest = releases.at(-1)?.version;
    response.writeHead(latest === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ name, "dist-tags": { latest }, versions: Object.fromEntries(versions) as object }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    publish: (manifests) => void published.push(...manifests),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
