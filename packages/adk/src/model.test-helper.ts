import {
  BaseLlm,
  type BaseLlmConnection,
  type BaseSessionService,
  createEvent,
  createEventActions,
  type Event,
  LlmAgent,
  type LlmRequest,
  type LlmResponse,
  LogLevel,
  Runner,
  setLogLevel,
} from "@google/adk";

setLogLevel(LogLevel.ERROR);

/** A model that answers with the number of contents that it received and the text of the last one. */
export class EchoModel extends BaseLlm {
  constructor() {
    super({ model: "echo" });
  }

  override async *generateContentAsync({ contents }: LlmRequest): AsyncGenerator<LlmResponse, void> {
    const text = `${contents.length}: ${contents.at(-1)?.parts?.[0]?.text ?? ""}`;
    yield { content: { role: "model", parts: [{ text }] } };
  }

  override connect(): Promise<BaseLlmConnection> {
    return Promise.reject(new Error("The test does not use live connections."));
  }
}

/** Creates a runner as a request does. The agent's answer becomes the state `answer`. */
export function newRunner(sessionService: BaseSessionService): Runner {
  const agent = new LlmAgent({ name: "assistant", model: new EchoModel(), outputKey: "answer" });
  return new Runner({ appName: "app", agent, sessionService });
}

/** Runs a turn and returns the text of its answer. */
export async function ask(runner: Runner, sessionId: string, text: string): Promise<string> {
  const newMessage = { role: "user", parts: [{ text }] };
  let answer = "";
  for await (const event of runner.runAsync({ userId: "ann", sessionId, newMessage })) answer = textOf(event);
  return answer;
}

export function textOf({ content }: Event): string {
  return content?.parts?.[0]?.text ?? "";
}

/** Returns an event with a text and a change of state. */
export function newEvent(id: string, stateDelta: Record<string, unknown> = {}, text: string = id): Event {
  const content = { role: "user", parts: [{ text }] };
  const actions = createEventActions({ stateDelta });
  return createEvent({ id, invocationId: "i", author: "user", content, actions });
}
