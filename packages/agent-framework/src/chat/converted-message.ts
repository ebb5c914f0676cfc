/** A message of Chat Completions, created by this package. Its member names are fixed, so their order is stable. */
export type ChatMessage = ChatToolMessage | ChatSpeakerMessage;

export interface ChatToolMessage {
  readonly role: "tool";
  readonly tool_call_id: string;
  readonly content: string;
}

export interface ChatSpeakerMessage {
  readonly role: "assistant" | "developer" | "system" | "user";
  readonly name?: string;
  readonly content: string | null | readonly ChatPart[];
  readonly refusal?: string;
  readonly tool_calls?: readonly ChatCall[];
}

export type ChatPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string; readonly detail?: string } }
  | {
      readonly type: "input_audio";
      readonly input_audio: { readonly data: string; readonly format: string };
    }
  | {
      readonly type: "file";
      readonly file: { readonly file_id?: string; readonly filename?: string; readonly file_data?: string };
    };

export interface ChatCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}
