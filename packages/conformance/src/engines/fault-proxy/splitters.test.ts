import { describe, expect, it } from "vitest";
import { bodyOfResponse, bodyOfRequest } from "./http-head.ts";
import { splitHttp } from "./http-splitter.ts";
import type { MessagePart, MessageSplitter } from "./message-part.ts";
import { parseRedisCommand, splitRedis } from "./redis-splitter.ts";

/** Assembles the messages of a stream from their parts. An interim part is a separate message. */
function messagesOf(parts: Iterable<MessagePart>): string[] {
  const messages: string[] = [];
  for (const { bytes, first, interim } of parts) {
    if (first || interim) messages.push("");
    messages.push(`${messages.pop() ?? ""}${bytes.toString("latin1")}`);
  }
  return messages;
}

/** Returns the distinct results of splitting these messages if their stream arrives in two pieces or byte by byte. */
function resultsOf(createSplitter: () => MessageSplitter, messages: readonly string[]): string[][] {
  const stream = Buffer.from(messages.join(""), "latin1");
  const cuts = Array.from({ length: stream.length }, (_, cut) => [
    stream.subarray(0, cut),
    stream.subarray(cut),
  ]);
  const results = [...cuts, [...stream].map((byte) => Buffer.from([byte]))].map((pieces) => {
    const split = createSplitter();
    return JSON.stringify(messagesOf(pieces.flatMap((piece) => [...split(piece)])));
  });
  return [...new Set(results)].map((result) => JSON.parse(result) as string[]);
}

describe("splitHttp", () => {
  it("splits requests without a body, with a length and in chunks", () => {
    const messages = [
      "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
      "PUT /b HTTP/1.1\r\nContent-Length: 12\r\n\r\nGET / HTTP\r\n",
      "PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;extension=1\r\nab\r\nc\r\nA\r\n0123456789\r\n0\r\n\r\n",
      "PUT /d HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nTrailer: value\r\n\r\n",
      "PUT /e HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
      "DELETE /f HTTP/1.1\r\n\r\n",
    ];
    expect(resultsOf(() => splitHttp(bodyOfRequest), messages)).toEqual([messages]);
  });

  it("splits responses, including interim ones", () => {
    const messages = [
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n",
      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall that comes\r\n\r\nuntil the end",
    ];
    expect(resultsOf(() => splitHttp((head) => bodyOfResponse(head, "PUT")), messages)).toEqual([messages]);
  });

  it("knows that a response to HEAD has no body", () => {
    const messages = [
      "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];
    expect(resultsOf(() => splitHttp((head) => bodyOfResponse(head, "HEAD")), messages)).toEqual([messages]);
  });
});

describe("splitRedis", () => {
  it("splits the commands of a pipeline", () => {
    const messages = [
      "*1\r\n$4\r\nPING\r\n",
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$11\r\n*1\r\n$1\r\na\r\n\r\n",
      "*2\r\n$3\r\nGET\r\n$0\r\n\r\n",
    ];
    expect(resultsOf(splitRedis, messages)).toEqual([messages]);
  });

  it("splits every kind of reply", () => {
    const messages = [
      "+OK\r\n",
      "-ERR no\r\n",
      ":12\r\n",
      "$-1\r\n",
      "$4\r\n\r\n\r\n\r\n",
      "*-1\r\n",
      "*0\r\n",
      "*2\r\n*2\r\n:1\r\n$1\r\na\r\n$-1\r\n",
      "_\r\n",
      "#t\r\n",
      ",1.5\r\n",
      "(12345\r\n",
      "!3\r\nERR\r\n",
      "=7\r\ntxt:abc\r\n",
      "%1\r\n+key\r\n:1\r\n",
      "~1\r\n:1\r\n",
      ">2\r\n+message\r\n+text\r\n",
      "|1\r\n+ttl\r\n:1\r\n$1\r\na\r\n",
    ];
    expect(resultsOf(splitRedis, messages)).toEqual([messages]);
  });

  it("parses the words of a command, whatever bytes they contain", () => {
    const command = Buffer.from("*3\r\n$3\r\nset\r\n$0\r\n\r\n$4\r\n\r\n\xff\x00\r\n", "latin1");
    expect(parseRedisCommand(command)).toEqual([
      Buffer.from("set"),
      Buffer.alloc(0),
      Buffer.from([13, 10, 255, 0]),
    ]);
  });
});
