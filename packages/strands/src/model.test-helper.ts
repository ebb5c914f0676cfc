import {
  type BaseModelConfig,
  type Message,
  Model,
  ModelContentBlockDeltaEvent,
  ModelContentBlockStartEvent,
  ModelContentBlockStopEvent,
  ModelMessageStartEvent,
  ModelMessageStopEvent,
  type ModelStreamEvent,
} from "@strands-agents/sdk";

/** A model that answers with the number of messages and the text of the last one. */
export class EchoModel extends Model {
  override updateConfig(): void {
    // The model has no configuration.
  }

  override getConfig(): BaseModelConfig {
    return { modelId: "echo" };
  }

  override async *stream(messages: Message[]): AsyncIterable<ModelStreamEvent> {
    const text = `${messages.length}: ${textOfMessage(messages.at(-1))}`;
    yield new ModelMessageStartEvent({ type: "modelMessageStartEvent", role: "assistant" });
    yield new ModelContentBlockStartEvent({ type: "modelContentBlockStartEvent" });
    yield new ModelContentBlockDeltaEvent({
      type: "modelContentBlockDeltaEvent",
      delta: { type: "textDelta", text },
    });
    yield new ModelContentBlockStopEvent({ type: "modelContentBlockStopEvent" });
    yield new ModelMessageStopEvent({ type: "modelMessageStopEvent", stopReason: "endTurn" });
  }
}

export function textOfMessage(message: Message | undefined): string {
  return (message?.content ?? []).map((block) => (block.type === "textBlock" ? block.text : "")).join("");
}
