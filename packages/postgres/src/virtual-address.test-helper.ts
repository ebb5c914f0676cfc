import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** An address that leads to one server after another, like the virtual address of a cluster. */
export interface VirtualAddress {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** Breaks all connections, and leads new ones to another server. */
  readonly moveTo: (url: string) => void;
  readonly close: () => Promise<void>;
}

export async function virtualAddressOf(url: string): Promise<VirtualAddress> {
  const sockets = new Set<Socket>();
  let target = new URL(url);
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    const upstream = track(connect(Number(target.port), target.hostname));
    track(client).on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(url), { port: String(port) }).href,
    moveTo: (other) => {
      target = new URL(other);
      breakAll();
    },
    close: async () => {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
}
