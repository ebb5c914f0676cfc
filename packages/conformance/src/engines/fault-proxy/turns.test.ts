import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import type { TurnEnd, TurnProtocol } from "./turns.ts";

function endOfLine(bytes: Buffer): TurnEnd | undefined {
  const index = bytes.indexOf("\n");
  if (index === -1) return undefined;
  return { length: index + 1, isAside: bytes[0] === "#".charCodeAt(0) };
}

/** Requests and responses are lines. Lines that begin with # belong to no turn. */
const lines: TurnProtocol = {
  name: "lines",
  endOfRequest: endOfLine,
  endOfResponse: endOfLine,
  refusals: { denied: [], busy: [], failing: [], gateway: [], full: [], missing: [], unexpected: [] },
};

let received: string[] = [];
let server: Server;
let proxy: FaultProxy;
let client: Socket;

beforeEach(async () => {
  received = [];
  // Greets each client, and answers each line except comments with the line in capitals.
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("# welcome\n");
    socket.on("data", (bytes) => {
      const requests = bytes.toString().split("\n").slice(0, -1);
      received.push(...requests);
      for (const request of requests)
        if (!request.startsWith("#")) socket.write(`${request.toUpperCase()}\n`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  proxy = await startFaultProxy({ target: { host: "127.0.0.1", port }, protocol: lines });
  client = connect(proxy.port, "127.0.0.1");
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  server.close();
});

/** Resolves with what the client receives up to a text. */
async function until(text: string): Promise<string> {
  let output = "";
  while (!output.includes(text)) output += String(((await once(client, "data")) as [Buffer])[0]);
  return output;
}

describe("a protocol of turns", () => {
  it("passes on turns and everything between them, and counts the requests", async () => {
    await until("# welcome\n");
    client.write("one\n# a comment\ntw");
    client.write("o\n");
    expect(await until("TWO\n")).toBe("ONE\nTWO\n");
    expect(received).toEqual(["one", "# a comment", "two"]);
    expect(proxy.requests).toBe(2);
  });

  it("gets a response of the proxy without or instead of that of the server", async () => {
    const response = Buffer.from("NO\n");
    proxy.arm({ type: "respond", response, when: ({ bytes }) => String(bytes) === "one\n" });
    const insteadOf = "response";
    const echo = (request: Uint8Array): Uint8Array => Buffer.concat([Buffer.from("NO "), request]);
    proxy.arm({ type: "respond", response: echo, insteadOf, when: ({ bytes }) => String(bytes) === "two\n" });
    await until("# welcome\n");
    client.write("one\ntwo\nthree\n");
    expect(await until("THREE\n")).toBe("NO\nNO two\nTHREE\n");
    expect(received).toEqual(["two", "three"]);
  });

  it("loses the response to a request that the server has processed", async () => {
    const lost = proxy.arm({ type: "discardResponse", nth: 2 });
    client.write("one\ntwo\n");
    const output = until("TWO").catch((error: NodeJS.ErrnoException) => error.code);
    expect(await output).toBe("ECONNRESET");
    expect([received, lost.strikes]).toEqual([["one", "two"], 1]);
  });

  it("never passes on the whole of a request that is cut", async () => {
    proxy.arm({ type: "cutRequest", afterBytes: 100 });
    client.write("one\n");
    await expect(until("ONE")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(received).toEqual([]);
  });

  it("holds a response while others pass on other connections", async () => {
    const held = proxy.arm({ type: "holdResponse" });
    client.write("one\n");
    expect(Buffer.from((await held.struck).bytes).toString()).toBe("one\n");
    held.release();
    expect(await until("ONE\n")).toContain("ONE");
  });
});
