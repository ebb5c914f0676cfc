import { join } from "node:path";
import { LOOPBACK } from "../processes/ports.ts";

export interface CephLayout {
  /** The folder for data and logs. */
  readonly directory: string;
  /** The folder of Ceph's plug-ins. */
  readonly libraries: string;
  readonly clusterId: string;
  readonly storeId: string;
  readonly ports: { readonly gateway: number; readonly monitor: number; readonly firstOfStore: number };
  readonly store: "memstore" | "bluestore";
}

/** By default, daemons format messages of level 5 for a crash dump: a fifth of the gateway's CPU time. */
const NO_DEBUG_LOGS = ["rgw", "ms", "osd", "mon", "monc", "auth", "objecter", "rados", "objclass", "throttle"]
  .map((part) => `debug ${part} = 0/0`)
  .join("\n");

/** Returns the configuration of a minimal cluster that starts in two seconds. */
export function cephConfiguration(layout: CephLayout): string {
  return [forAll(layout), forMonitor(layout), forStore(layout), forGateway(layout)].join("\n");
}

function forAll({ directory, libraries, clusterId, ports }: CephLayout): string {
  return `[global]
fsid = ${clusterId}
mon host = [v2:${LOOPBACK}:${ports.monitor}]
public addr = ${LOOPBACK}
cluster addr = ${LOOPBACK}
ms bind ipv6 = false
# The store uses eight free ports of these.
ms bind port min = ${ports.firstOfStore}
ms bind port max = ${ports.firstOfStore + 99}
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${directory}
# Not needed, and the path of a socket is limited to 107 bytes.
admin socket =
log file = ${join(directory, "$name.ceph.log")}
crash dir = ${directory}
keyring = ${join(directory, "keyring")}
plugin dir = ${join(libraries, "ceph")}
erasure code dir = ${join(libraries, "ceph/erasure-code")}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 2
mon data avail crit = 1
mon osd full ratio = .99
mon osd nearfull ratio = .98
# With the defaults, which wait for other monitors, the start takes 13 s.
paxos propose interval = 0.05
paxos min wait = 0.01
${NO_DEBUG_LOGS}
`;
}

function forMonitor({ directory }: CephLayout): string {
  return `[mon]
mon data = ${join(directory, "mon")}
mon cluster log file = ${join(directory, "cluster.log")}
mon initial members = a
`;
}

function forStore({ directory, libraries, storeId, store }: CephLayout): string {
  return `[osd]
osd data = ${join(directory, "osd")}
osd uuid = ${storeId}
osd class dir = ${join(libraries, "rados-classes")}
osd objectstore = ${store}
memstore device bytes = 2147483648
bluestore block size = 4294967296
osd memory target = 939524096
osd enable op tracker = false
osd op num shards = 1
osd op num threads per shard = 2
`;
}

function forGateway({ directory, ports }: CephLayout): string {
  return `[client.rgw]
# The default is secure only, which requires authentication.
ms mon client mode = crc secure
# Without tcp_nodelay, every GET takes 40 ms.
rgw frontends = beast endpoint=${LOOPBACK}:${ports.gateway} tcp_nodelay=1
rgw data = ${directory}
rgw run sync thread = false
# The default of 512 threads costs a quarter of the gateway's CPU time.
rgw thread pool size = 16
`;
}
