import { InMemorySessionService } from "@google/adk";
import { memoryStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { ThreadStoreSessionService } from "./index.ts";
import { ask, newRunner, textOf } from "./model.test-helper.ts";

const NAMES = { appName: "app", userId: "ann", sessionId: "talk" } as const;

it("a runner continues the session in another process, as with the SDK's service in memory", async () => {
  const store = memoryStore();
  const inMemory = new InMemorySessionService();
  // A service for each request, as in different processes.
  const services = [() => new ThreadStoreSessionService({ store }), () => inMemory] as const;
  const [ours, theirs] = await Promise.all(
    services.map(async (open) => {
      await open().createSession(NAMES);
      const answers = [
        await ask(newRunner(open()), "talk", "Hello"),
        await ask(newRunner(open()), "talk", "Again"),
      ];
      const session = await open().getSession(NAMES);
      return { answers, texts: session?.events.map(textOf), state: { ...session?.state } };
    }),
  );
  expect(ours).toEqual(theirs);
  expect(ours).toEqual({
    answers: ["1: Hello", "3: Again"],
    texts: ["Hello", "1: Hello", "Again", "3: Again"],
    state: { answer: "3: Again" },
  });
});

it("runners that continue a session at once lose no event", async () => {
  const store = memoryStore();
  await new ThreadStoreSessionService({ store }).createSession(NAMES);
  const prompts = ["first", "second", "third"];
  await Promise.all(
    prompts.map(async (prompt) => ask(newRunner(new ThreadStoreSessionService({ store })), "talk", prompt)),
  );
  const session = await new ThreadStoreSessionService({ store }).getSession(NAMES);
  const texts = session?.events.map(textOf) ?? [];
  // A merged session shows the messages of the others to the model, so the answers vary.
  expect(texts.filter((text) => /^\d+: /u.test(text))).toHaveLength(3);
  expect(texts.filter((text) => prompts.includes(text)).toSorted()).toEqual(prompts.toSorted());
  expect(texts).toHaveLength(6);
});

it("a runner rejects a session that does not exist", async () => {
  const runner = newRunner(new ThreadStoreSessionService({ store: memoryStore() }));
  await expect(ask(runner, "missing", "Hello")).rejects.toThrow("Session not found");
});

it("an ephemeral run leaves nothing", async () => {
  const store = memoryStore();
  const runner = newRunner(new ThreadStoreSessionService({ store }));
  const newMessage = { role: "user", parts: [{ text: "Hello" }] };
  const texts: string[] = [];
  for await (const event of runner.runEphemeral({ userId: "ann", newMessage })) texts.push(textOf(event));
  expect(texts).toEqual(["1: Hello"]);
  expect((await store.namespaces()).namespaces).toEqual([]);
});
