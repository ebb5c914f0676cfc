import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { redisErrors } from "./fault.ts";
import { redisCommand } from "./proxied-request.ts";
import { parseRedisCommand, splitRedis } from "./redis-splitter.ts";

/** Knows SET and GET, and notes them. */
async function startTinyRedis(): Promise<{ server: Server; values: Map<string, string> }> {
  const values = new Map<string, string>();
  const server = createServer((socket) => {
    const split = splitRedis();
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      for (const command of split(bytes)) {
        const [name = "", key = "", value = ""] = parseRedisCommand(command.bytes).map(String);
        if (name === "SET") values.set(key, value);
        const found = values.get(key);
        const reply = found === undefined ? "$-1\r\n" : `$${found.length}\r\n${found}\r\n`;
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

/** Sends commands at once, and resolves to their replies. */
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
  it("has the answers of proxy and server in the order of its commands", async () => {
    proxy.arm({ type: "answerRedis", error: redisErrors.readOnly, when: redisCommand("set") });
    proxy.arm({
      type: "answerRedis",
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

  it("has an error instead of the answer to a command that was done", async () => {
    const error = redisErrors.unknown;
    proxy.arm({ type: "answerRedis", error, insteadOf: "answer", when: redisCommand("SET") });
    const replies = await pipeline(["GET", "k"], ["SET", "k", "1"], ["GET", "k"]);
    expect(replies).toEqual(["$-1\r\n", `-${error}\r\n`, "$1\r\n1\r\n"]);
  });

  it("has the answers before a discarded one, and a reset in its place", async () => {
    const armed = proxy.arm({ type: "discardAnswer", when: redisCommand("SET"), nth: 2 });
    client.write([encode("SET", "a", "1"), encode("SET", "b", "2"), encode("GET", "a")].join(""));
    let received = "";
    client.on("data", (bytes) => (received += String(bytes)));
    await expect(once(client, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(received).toBe("+OK\r\n");
    expect(backend.values.get("b")).toBe("2");
    expect(armed.strikes).toBe(1);
  });

  it("waits behind a held answer", async () => {
    const armed = proxy.arm({ type: "holdAnswer", when: redisCommand("SET") });
    let isAnswered = false;
    const replies = pipeline(["SET", "a", "1"], ["GET", "a"]).then((all) => {
      isAnswered = true;
      return all;
    });
    expect(await armed.struck).toMatchObject({ redis: { command: "SET", arguments: ["a", "1"] } });
    expect(backend.values.get("a")).toBe("1");
    expect(isAnswered).toBe(false);
    armed.release();
    expect(await replies).toEqual(["+OK\r\n", "$1\r\n1\r\n"]);
  });

  it("arrives only up to a lost command", async () => {
    proxy.arm({ type: "cutRequest", afterBytes: 10, when: redisCommand("SET"), nth: 2 });
    client.write([encode("SET", "a", "1"), encode("SET", "b", "2"), encode("SET", "c", "3")].join(""));
    await expect(once(client, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(backend.values.has("b") || backend.values.has("c")).toBe(false);
  });
});
