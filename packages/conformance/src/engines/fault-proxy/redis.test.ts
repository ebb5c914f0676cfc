import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { redisErrors } from "./fault.ts";
import { redisCommand } from "./proxied-request.ts";
import { parseRedisCommand, splitRedis } from "./redis-splitter.ts";

/** Starts a server that supports SET and GET. */
async function startTinyRedis(): Promise<{ server: Server; values: Map<string, string> }> {
  const values = new Map<string, string>();
  const server = createServer((socket) => {
    const split = splitRedis();
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      for (const command of split(bytes)) {
        const [name = "", key = "", value = ""] = parseRedisCommand(command.bytes).map(String);
        if (name === "SET") values.set(key, value);
        const stored = values.get(key);
        const reply = stored === undefined ? "$-1\r\n" : `$${stored.length}\r\n${stored}\r\n`;
        socket.write(name === "SET" ? "+OK\r\n" : reply);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, values };
}

function encode(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

let backend: Awaited<ReturnType<typeof startTinyRedis>>;
let proxy: FaultProxy;
let client: Socket;

beforeEach(async () => {
  backend = await startTinyRedis();
  proxy = await startFaultProxy({
    target: { host: "127.0.0.1", port: (backend.server.address() as AddressInfo).port },
  });
  client = connect(proxy.port, "127.0.0.1");
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  backend.server.close();
});

/** Sends commands in one write. Resolves with their replies. */
async function pipeline(...commands: readonly (readonly string[])[]): Promise<string[]> {
  client.write(commands.map((command) => encode(...command)).join(""));
  const split = splitRedis();
  const replies: string[] = [];
  while (replies.length < commands.length) {
    const [bytes] = (await once(client, "data")) as [Buffer];
    replies.push(...[...split(bytes)].map((part) => part.bytes.toString()));
  }
  return replies;
}

describe("a pipeline of commands", () => {
  it("gets the replies of proxy and server in the order of its commands", async () => {
    proxy.arm({ type: "respondRedis", error: redisErrors.readOnly, when: redisCommand("set") });
    proxy.arm({
      type: "respondRedis",
      error: redisErrors.moved(12, "127.0.0.1:1"),
      when: redisCommand("GET"),
      nth: 2,
    });
    const replies = await pipeline(
      ["GET", "k"],
      ["SET", "k", "1"],
      ["GET", "k"],
      ["SET", "k", "2"],
      ["GET", "k"],
    );
    expect(replies).toEqual([
      "$-1\r\n",
      `-${redisErrors.readOnly}\r\n`,
      "-MOVED 12 127.0.0.1:1\r\n",
      "+OK\r\n",
      "$1\r\n2\r\n",
    ]);
    expect([...backend.values]).toEqual([["k", "2"]]);
  });

  it("gets an error instead of the reply to a command that was executed", async () => {
    const error = redisErrors.unknown;
    proxy.arm({ type: "respondRedis", error, insteadOf: "response", when: redisCommand("SET") });
    const replies = await pipeline(["GET", "k"], ["SET", "k", "1"], ["GET", "k"]);
    expect(replies).toEqual(["$-1\r\n", `-${error}\r\n`, "$1\r\n1\r\n"]);
  });

  it("gets the replies before a discarded one, and then a reset", async () => {
    const armed = proxy.arm({ type: "discardResponse", when: redisCommand("SET"), nth: 2 });
    client.write([encode("SET", "a", "1"), encode("SET", "b", "2"), encode("GET", "a")].join(""));
    let received = "";
    client.on("data", (bytes) => (received += String(bytes)));
    await expect(once(client, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(received).toBe("+OK\r\n");
    expect(backend.values.get("b")).toBe("2");
    expect(armed.strikes).toBe(1);
  });

  it("waits for a held reply before it gets later ones", async () => {
    const armed = proxy.arm({ type: "holdResponse", when: redisCommand("SET") });
    let hasReplies = false;
    const replies = pipeline(["SET", "a", "1"], ["GET", "a"]).then((all) => {
      hasReplies = true;
      return all;
    });
    expect(await armed.struck).toMatchObject({ redis: { command: "SET", arguments: ["a", "1"] } });
    expect(backend.values.get("a")).toBe("1");
    expect(hasReplies).toBe(false);
    armed.release();
    expect(await replies).toEqual(["+OK\r\n", "$1\r\n1\r\n"]);
  });

  it("reaches the server only up to a cut command", async () => {
    proxy.arm({ type: "cutRequest", afterBytes: 10, when: redisCommand("SET"), nth: 2 });
    client.write([encode("SET", "a", "1"), encode("SET", "b", "2"), encode("SET", "c", "3")].join(""));
    await expect(once(client, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(backend.values.has("b") || backend.values.has("c")).toBe(false);
  });
});
