// The child process of processes.test.ts. It reports "ready", and starts when the parent sends "go".
import { once } from "node:events";
import { promisify } from "node:util";
import { sqliteStore } from "@threadstore/sqlite";
import { convertToModelMessages, stepCountIs, streamText, type UIMessage } from "ai";
import { uiMessageStore } from "./index.ts";

const [task = "", path = "", argument = ""] = process.argv.slice(2);
const store = sqliteStore({ path });
const chats = uiMessageStore({ store, ...(task === "lease" ? { lease: { durationMs: 2000 } } : {}) });

async function report(message: string): Promise<void> {
  if (process.send === undefined) throw new Error("Not a child process.");
  await promisify(process.send.bind(process) as (value: string, sent: () => void) => void)(message);
}

function question(id: string, text: string): UIMessage {
  return { id, role: "user", parts: [{ type: "text", text }] };
}

/** Appends 40 messages, one at a time. */
async function post(): Promise<void> {
  for (let count = 0; count < 40; count++) {
    await chats.append("talk", [question(`${argument}${count}`, "Hello")], { maxAttempts: 1000 });
  }
}

/** Answers a question, but hangs after the first step is saved. */
async function hang(): Promise<void> {
  const conversation = await chats.append("talk", [question("1", "weather in Rome?")]);
  const turn = chats.turn(conversation);
  await answer(conversation.messages, {
    ...turn,
    onStepEnd: async (event) => {
      await turn.onStepEnd(event);
      await report("saved");
      await new Promise(() => setInterval(() => undefined, 1000));
    },
  });
}

/** Holds the lease of the conversation, as a request does while its answer is generated. */
async function lease(): Promise<void> {
  const conversation = await chats.append("talk", [question("1", "Hello")], { trigger: "submit-message" });
  chats.turn(conversation);
  await report("leased");
  await new Promise(() => setInterval(() => undefined, 1000));
}

/** Continues the answer that another process started. */
async function resume(): Promise<void> {
  const conversation = await chats.load("talk");
  if (conversation === undefined) throw new Error("Conversation not found.");
  await answer(conversation.messages, chats.turn(conversation));
}

async function answer(messages: UIMessage[], turn: ReturnType<typeof chats.turn>): Promise<void> {
  // Imported only by the tasks that need it, because it takes longer to load than everything else.
  const { modelOf, weatherTool } = await import("./tools.test-helper.ts");
  const result = streamText({
    model: modelOf(argument, "chat"),
    messages: await convertToModelMessages(messages),
    tools: { weather: weatherTool(() => report("tool called")) },
    stopWhen: stepCountIs(5),
  });
  await result.toUIMessageStreamResponse(turn).text();
}

const tasks: ReadonlyMap<string, () => Promise<void>> = new Map([
  ["post", post],
  ["hang", hang],
  ["lease", lease],
  ["resume", resume],
]);

const work = tasks.get(task);
if (work === undefined) throw new Error(`Unknown task ${task}.`);
const go = once(process, "message");
await report("ready");
await go;
await work();
await store.close();
process.disconnect();
