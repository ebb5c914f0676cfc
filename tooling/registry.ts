import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A release of a package. Without a tarball, npm can resolve versions (`--package-lock-only`) but not install. */
export interface Release {
  readonly manifest: PublishedManifest;
  readonly tarball?: Uint8Array;
  readonly integrity?: string;
}

/** What npm reads to resolve versions. */
export interface PublishedManifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
}

/** A registry with the packages of this workspace only. Projects install all others from where npm is configured to. */
export interface Registry {
  readonly url: string;
  publish(releases: readonly Release[]): void;
  close(): Promise<void>;
}

/** Starts a registry, which can serve several releases of a package. The last one is `latest`. */
export async function startRegistry(first: readonly Release[]): Promise<Registry> {
  const releases = [...first];
  let url = "";
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const tarball = releases.find((release) => path === tarballPath(release))?.tarball;
    if (tarball === undefined) respond(response, describePackage(releases, path, url));
    else response.end(tarball);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    publish: (more) => void releases.push(...more),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function respond(response: ServerResponse, content: object | undefined): void {
  response.writeHead(content === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(content ?? { error: "not found" }));
}

function tarballPath({ manifest: { name, version } }: Release): string {
  return `tarballs/${name.replace("/", "-")}-${version}.tgz`;
}

/** Returns the description of a package, as npm expects it from a registry. */
function describePackage(all: readonly Release[], name: string, url: string): object | undefined {
  const releases = all.filter(({ manifest }) => manifest.name === name);
  const latest = releases.at(-1)?.manifest.version;
  if (latest === undefined) return undefined;
  const versions = releases.map((release) => {
    const { manifest, integrity = "sha512-AA==" } = release;
    return [manifest.version, { ...manifest, dist: { tarball: `${url}${tarballPath(release)}`, integrity } }];
  });
  return { name, "dist-tags": { latest }, versions: Object.fromEntries(versions) as unknown };
}
