import { provide } from "../debian/debian-packages.ts";
import { LOOPBACK } from "../processes/ports.ts";
import type { ServerProcess } from "../processes/server-process.ts";
import { startService, type Service } from "../service.ts";
import { createCluster, createUser, startGateway, startMonitor, startStore } from "./ceph-cluster.ts";

/** Everything an S3 client needs. Buckets have path-style addresses. */
export interface S3Endpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The bucket to use, which may not exist yet. */
  readonly bucket: string;
}

export interface CephOptions {
  /**
   * Where objects are stored. With `bluestore` they survive a crash of every server, and the start takes some seconds
   * longer. With `memstore` they survive a crash of the gateway only.
   * @default "memstore"
   */
  readonly store?: "memstore" | "bluestore";
}

export type CephService = Service<
  S3Endpoint,
  { readonly gateway: ServerProcess; readonly osd: ServerProcess; readonly monitor: ServerProcess }
>;

/** Starts Ceph's S3 gateway with a cluster of one monitor and one store. */
export async function startCeph({ store = "memstore" }: CephOptions = {}): Promise<CephService> {
  const installation = await provide({
    name: "ceph",
    packages: ["radosgw", "ceph-mon", "ceph-osd"],
    programs: ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "monmaptool"],
    remedy:
      "Outside Debian and Ubuntu, set the address of a running server, such as the one in compose.yaml: " +
      "THREADSTORE_TEST_S3_ENDPOINT=http://host:port",
  });
  return startService("ceph", async (directory) => {
    const cluster = await createCluster(directory, installation, store);
    const monitor = await startMonitor(cluster);
    const osd = await startStore(cluster);
    const gateway = await startGateway(cluster);
    const user = { accessKeyId: "threadstore", secretAccessKey: "threadstore-secret" };
    await createUser(cluster, user);
    const endpoint = `http://${LOOPBACK}:${cluster.ports.gateway}`;
    return {
      endpoint: { endpoint, region: "us-east-1", ...user, bucket: "threadstore-test" },
      servers: { gateway, osd, monitor },
    };
  });
}
