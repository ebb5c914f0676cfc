import type { Socket } from "node:net";
import { Command } from "ioredis";
import { AnswerLostError, isReplyError } from "./errors.ts";
import type { Script } from "./scripts.ts";

export type Parameter = string | Buffer;

const ping = "*1\r\n$4\r\nPING\r\n";

/**
 * A command that goes out at most once, however the client is configured. ioredis sends a command again when its
 * connection broke before the answer, though Redis may have carried it out: a write would then conflict with itself,
 * and that conflict would be taken for somebody else's. This one is rejected when its connection breaks, and whatever
 * would send it again sends a PING instead. An error that Redis answers is no doubt: Cluster may then send it elsewhere.
 */
export class OneShotCommand extends Command {
  #sent = false;
  readonly #signal: AbortSignal;

  constructor(name: string, parameters: Parameter[], signal: AbortSignal) {
    super(name, parameters);
    this.#signal = signal;
  }

  /** Whether Redis may have got it, and has not refused it. */
  get sent(): boolean {
    return this.#sent;
  }

  /** What ioredis calls to have the bytes that it then writes to the socket. */
  override toWritable(socket: Socket): string | Buffer {
    if (this.#sent) {
      this.reject(new AnswerLostError());
      return ping;
    }
    if (this.#signal.aborted) {
      this.reject(new Error("The call was aborted while the command waited for a connection."));
      return ping;
    }
    this.#track(socket);
    return super.toWritable(socket);
  }

  #track(socket: Socket): void {
    const unanswered = unansweredOn(socket);
    const { reject } = this;
    const answered = (): void => void unanswered.delete(this);
    this.#sent = true;
    unanswered.add(this);
    this.reject = (error) => {
      this.reject = reject;
      answered();
      if (isReplyError(error)) this.#sent = false;
      reject(error);
    };
    this.promise.then(answered, answered);
  }
}

/** A script, sent whole to a connection that has not seen it yet, and by its digest after that. */
export class ScriptCommand extends OneShotCommand {
  readonly #script: Script;
  readonly #whole: boolean;

  constructor(
    { script, whole = false }: { script: Script; whole?: boolean },
    keys: Parameter[],
    parameters: Parameter[],
    signal: AbortSignal,
  ) {
    super("evalsha", [script.sha1, String(keys.length), ...keys, ...parameters], signal);
    this.#script = script;
    this.#whole = whole;
  }

  override toWritable(socket: Socket): string | Buffer {
    const known = scriptsKnownOn(socket);
    const { source, sha1 } = this.#script;
    const whole = this.#whole || !known.has(sha1);
    this.name = whole ? "eval" : "evalsha";
    this.args[0] = whole ? source : sha1;
    known.add(sha1);
    return super.toWritable(socket);
  }
}

const scriptsKnown = new WeakMap<Socket, Set<string>>();

function scriptsKnownOn(socket: Socket): Set<string> {
  const known = scriptsKnown.get(socket) ?? new Set();
  scriptsKnown.set(socket, known);
  return known;
}

const unanswered = new WeakMap<Socket, Set<OneShotCommand>>();

/** The commands that wait for an answer on a connection; they are rejected when it closes. */
function unansweredOn(socket: Socket): Set<OneShotCommand> {
  const found = unanswered.get(socket);
  if (found !== undefined) return found;
  const commands = new Set<OneShotCommand>();
  unanswered.set(socket, commands);
  let cause: Error | undefined;
  socket.prependOnceListener("error", (error) => {
    cause = error;
  });
  // Before ioredis, which would queue them for the next connection.
  socket.prependOnceListener("close", () => {
    for (const command of commands) command.reject(new AnswerLostError(cause));
  });
  return commands;
}
