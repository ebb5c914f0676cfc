import { Activity } from "@microsoft/agents-activity";
import { BaseAdapter, type ResourceResponse, TurnContext } from "@microsoft/agents-hosting";

/** An adapter that keeps the replies of an agent instead of sending them. */
export class TestAdapter extends BaseAdapter {
  readonly replies: string[] = [];

  async sendActivities(_context: TurnContext, activities: Activity[]): Promise<ResourceResponse[]> {
    for (const { text } of activities) if (text !== undefined) this.replies.push(text);
    return activities.map((_, index) => ({ id: `${index}` }));
  }

  async updateActivity(): Promise<void> {}
  async deleteActivity(): Promise<void> {}
  async continueConversation(): Promise<void> {}
  async uploadAttachment(): Promise<never> {
    throw new Error("Not supported.");
  }
  async getAttachmentInfo(): Promise<never> {
    throw new Error("Not supported.");
  }
  async getAttachment(): Promise<never> {
    throw new Error("Not supported.");
  }
}

/** Returns the context of a turn with a message, as a channel would start it. */
export function turn(adapter: TestAdapter = new TestAdapter(), conversation = "19:meeting"): TurnContext {
  const message = {
    type: "message",
    id: "1",
    text: "Hello",
    channelId: "msteams",
    serviceUrl: "https://example.com",
    conversation: { id: conversation },
    from: { id: "29:user" },
    recipient: { id: "28:agent" },
  };
  return new TurnContext(adapter, Activity.fromObject(message));
}
