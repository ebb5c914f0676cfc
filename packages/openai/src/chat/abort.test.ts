import { describe, expect, test } from "vitest";
import { createChatAgent, defineTool } from "../index.ts";
import { calling, clientOf, completion, deltaEvent, startWireServer } from "../model-server.test-helper.ts";

const reason = new Error("The user left.");

describe("aborting rejects with the signal's reason and leaves the thread unchanged", () => {
  test("before the run: nothing is sent", async () => {
    const server = await startWireServer();
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    const signal = AbortSignal.abort(reason);
    await expect(agent.run("1", thread, { signal })).rejects.toBe(reason);
    await expect(agent.runStream("1", thread, { signal }).result).rejects.toBe(reason);
    expect(server.bodies).toHaveLength(0);
    expect(thread.messages).toEqual([]);
  });

  test.each<"run" | "runStream">(["run", "runStream"])(
    "during the model call of %s: the request is closed",
    async (method) => {
      const abort = new AbortController();
      const closed = Promise.withResolvers<void>();
      const server = await startWireServer(
        (response) => {
          response.on("close", () => closed.resolve());
          abort.abort(reason);
        },
        completion({ role: "assistant", content: "two" }),
      );
      const agent = createChatAgent({ client: clientOf(server), model: "m" });
      const thread = agent.getNewThread();
      const { signal } = abort;
      const running =
        method === "run"
          ? agent.run("1", thread, { signal })
          : agent.runStream("1", thread, { signal }).result;
      await expect(running).rejects.toBe(reason);
      await closed.promise;
      expect(thread.messages).toEqual([]);
      expect((await agent.run("2", thread)).text).toBe("two");
    },
  );

  test("during a stream: the iteration throws the reason", async () => {
    const abort = new AbortController();
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(deltaEvent({ role: "assistant", content: "Once" }));
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const consume = async (): Promise<void> => {
      for await (const { type } of agent.runStream("1", undefined, { signal: abort.signal })) {
        expect(type).toBe("text");
        abort.abort(reason);
      }
    };
    await expect(consume()).rejects.toBe(reason);
  });

  test("while the client waits to retry", async () => {
    const abort = new AbortController();
    const server = await startWireServer((response) => {
      response.writeHead(429, { "retry-after": "30" }).end();
      response.on("close", () => abort.abort(reason));
    });
    const client = clientOf(server).withOptions({ maxRetries: 5 });
    const agent = createChatAgent({ client, model: "m" });
    await expect(agent.run("1", undefined, { signal: abort.signal })).rejects.toBe(reason);
    expect(server.bodies).toHaveLength(1);
  });

  test("while the client fetches a token", async () => {
    const abort = new AbortController();
    const server = await startWireServer();
    const client = clientOf(server).withOptions({
      apiKey: async () => {
        abort.abort(reason);
        return new Promise<string>(() => {});
      },
    });
    const agent = createChatAgent({ client, model: "m" });
    await expect(agent.run("1", undefined, { signal: abort.signal })).rejects.toBe(reason);
  });

  test("during tools, even if one ignores the signal and rejects later", async () => {
    const abort = new AbortController();
    const fail = Promise.withResolvers<never>();
    const failed = fail.promise.catch(() => {});
    let seen: AbortSignal | undefined;
    const deaf = defineTool({ name: "deaf", run: () => fail.promise });
    const abortive = defineTool({
      name: "abortive",
      run: (_args, { signal }) => {
        seen = signal;
        abort.abort(reason);
      },
    });
    const server = await startWireServer(
      completion({ role: "assistant", content: "hello" }),
      completion(calling(["1", "deaf", "{}"], ["2", "abortive", "{}"])),
      completion({ role: "assistant", content: "fine" }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [deaf, abortive] });
    const { thread } = await agent.run("hello");
    const before = thread.messages;
    await expect(agent.run("go", thread, { signal: abort.signal })).rejects.toBe(reason);
    expect(seen?.reason).toBe(reason);
    expect(thread.messages).toBe(before);
    expect(server.bodies).toHaveLength(2);
    fail.reject(new Error("too late"));
    await failed;
    expect((await agent.run("again", thread)).text).toBe("fine");
  });

  test("without leaving listeners on a signal that outlives the runs", async () => {
    const abort = new AbortController();
    let listeners = 0;
    const { signal } = abort;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const answer = completion({ role: "assistant", content: "ok" });
    const server = await startWireServer(answer, answer, answer);
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    for (const text of ["1", "2", "3"]) await agent.run(text, undefined, { signal });
    expect(listeners).toBeLessThanOrEqual(0);
    expect(server.bodies).toHaveLength(3);
  });
});
