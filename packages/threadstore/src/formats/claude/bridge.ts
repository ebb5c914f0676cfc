import { importPackage } from "../../stores/import-package.ts";
import type { TransferContext } from "../transfer-format.ts";

type ClaudeBridge = typeof import("@threadstore/claude-agent-sdk");
export type ClaudeSessions = ReturnType<ClaudeBridge["claudeSessionStore"]>;
/** The project, the session and the agent of a transcript. */
export type TranscriptKey = Parameters<ClaudeSessions["append"]>[0];
/** A line of a transcript. */
export type TranscriptEntry = Parameters<ClaudeSessions["append"]>[1][number];

/** The type of an entry that the SDK keeps in a file beside the transcript of an agent. */
export const AGENT_METADATA = "agent_metadata";

const PACKAGE = {
  name: "@threadstore/claude-agent-sdk",
  with: ["@anthropic-ai/claude-agent-sdk"],
};

/** Opens the sessions of a store. */
export async function sessionsOf({ folder, store }: TransferContext): Promise<ClaudeSessions> {
  const { claudeSessionStore } = await importPackage<ClaudeBridge>(PACKAGE, folder);
  return claudeSessionStore({ store });
}

/** Returns the path of the file beside the transcript of an agent, which says how the agent was started. */
export function sidecarOf(transcript: string): string {
  return transcript.replace(/\.jsonl$/u, ".meta.json");
}
