import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type { SessionStoreEntry, SpawnedProcess, SpawnOptions } from "@anthropic-ai/claude-agent-sdk";

// A stand-in for the Claude Code process that `query` starts. It speaks as much of its protocol as a turn needs, calls
// no model, and mirrors its transcript as the real one does.

/** Returns the answer to the prompts of a session, of which the last one is new. */
export type Answer = (prompts: readonly string[]) => string;

/** A process that `query` can be given as `spawnClaudeCodeProcess`. */
export function fakeClaude(answer: Answer): (options: SpawnOptions) => SpawnedProcess {
  return (options) => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const process = Object.assign(new EventEmitter(), {
      stdin,
      stdout,
      killed: false,
      exitCode: null as number | null,
    });
    const exit = () => {
      if (process.exitCode !== null) return false;
      process.exitCode = 0;
      stdout.end();
      process.emit("exit", 0, null);
      return true;
    };
    const session = new FakeSession(options, answer, (message) =>
      stdout.write(`${JSON.stringify(message)}\n`),
    );
    const lines = createInterface({ input: stdin });
    lines.on("line", (line) => session.receive(JSON.parse(line) as Incoming));
    lines.on("close", exit);
    return Object.assign(process, { kill: exit }) as SpawnedProcess;
  };
}

interface Incoming {
  readonly type: string;
  readonly request_id?: string;
  readonly message?: { readonly content: string | readonly { readonly text: string }[] };
}

class FakeSession {
  readonly #send: (message: object) => void;
  readonly #answer: Answer;
  readonly #id: string;
  readonly #file: string;
  readonly #entries: SessionStoreEntry[];

  constructor(
    { args, env, cwd = process.cwd() }: SpawnOptions,
    answer: Answer,
    send: (message: object) => void,
  ) {
    this.#send = send;
    this.#answer = answer;
    const resumed = argument(args, "--resume");
    this.#id = resumed ?? argument(args, "--session-id") ?? randomUUID();
    const project = cwd.replace(/[^a-zA-Z0-9]/gu, "-");
    this.#file = join(env["CLAUDE_CONFIG_DIR"] ?? "", "projects", project, `${this.#id}.jsonl`);
    const isResumed = resumed !== undefined && existsSync(this.#file);
    const lines = isResumed ? readFileSync(this.#file, "utf8").trim().split("\n") : [];
    this.#entries = lines.map((line) => JSON.parse(line) as SessionStoreEntry);
  }

  receive({ type, request_id: requestId, message }: Incoming): void {
    if (type === "control_request") {
      const response = {
        commands: [],
        agents: [],
        output_style: "default",
        available_output_styles: [],
        models: [],
        account: {},
      };
      this.#send({
        type: "control_response",
        response: { subtype: "success", request_id: requestId, response },
      });
    }
    if (type !== "user" || message === undefined) return;
    const { content } = message;
    this.#runTurn(typeof content === "string" ? content : content.map(({ text }) => text).join(""));
  }

  #runTurn(prompt: string): void {
    const session = { session_id: this.#id };
    this.#send({
      type: "system",
      subtype: "init",
      ...session,
      uuid: randomUUID(),
      tools: [],
      mcp_servers: [],
      cwd: "",
    });
    this.#mirror("user", prompt);
    const answer = this.#answer(this.#prompts());
    const message = { role: "assistant", content: [{ type: "text", text: answer }] };
    this.#mirror("assistant", message.content);
    this.#send({ type: "assistant", message, parent_tool_use_id: null, ...session, uuid: randomUUID() });
    const result = {
      subtype: "success",
      is_error: false,
      num_turns: 1,
      result: answer,
      total_cost_usd: 0,
      usage: {},
    };
    this.#send({
      type: "result",
      ...result,
      ...session,
      uuid: randomUUID(),
      duration_ms: 1,
      duration_api_ms: 1,
    });
  }

  #mirror(role: "assistant" | "user", content: unknown): void {
    const entry = {
      type: role,
      uuid: randomUUID(),
      parentUuid: this.#entries.findLast(({ uuid }) => uuid !== undefined)?.uuid ?? null,
      sessionId: this.#id,
      isSidechain: false,
      timestamp: new Date().toISOString(),
      message: { role, content },
    };
    this.#entries.push(entry);
    this.#send({ type: "transcript_mirror", filePath: this.#file, entries: [entry] });
  }

  #prompts(): string[] {
    return this.#entries
      .filter(({ type }) => type === "user")
      .map((entry) => (entry["message"] as { readonly content: string }).content);
  }
}

/** Returns the value of an argument, which is the next one or follows an equals sign. */
function argument(args: readonly string[], name: string): string | undefined {
  const joined = args.find((each) => each.startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(name.length + 1);
  const index = args.indexOf(name);
  return index === -1 ? undefined : args[index + 1];
}
