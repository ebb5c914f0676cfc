import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { PackedPackage } from "./packages.ts";

/** A registry with the packages of this workspace only. Projects install all others from where npm is configured to. */
export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a registry for the scope `@threadstore`. It can serve several releases of a package; the last one is `latest`.
 */
export async function startRegistry(packages: readonly PackedPackage[]): Promise<Registry> {
  let url = "";
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const tarball = packages.find((each) => path === tarballPath(each));
    if (tarball === undefined) respond(response, describePackage(packages, path, url));
    else response.end(tarball.tarball);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
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

function tarballPath({ manifest: { name, version } }: PackedPackage): string {
  return `tarballs/${name.replace("/", "-")}-${version}.tgz`;
}

/** Returns the description of a package, as npm expects it from a registry. */
function describePackage(packages: readonly PackedPackage[], name: string, url: string): object | undefined {
  const releases = packages.filter(({ manifest }) => manifest.name === name);
  const latest = releases.at(-1)?.manifest.version;
  if (latest === undefined) return undefined;
  const versions = releases.map((each) => {
    const dist = { tarball: `${url}${tarballPath(each)}`, integrity: each.integrity };
    return [each.manifest.version, { ...each.manifest, dist }];
  });
  return { name, "dist-tags": { latest }, versions: Object.fromEntries(versions) as unknown };
}
