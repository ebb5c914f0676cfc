import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What happens to a statement that is struck, or to its response. */
export type Fault =
  /** The server executes the statement, and the connection breaks instead of delivering the response. */
  | { readonly type: "loseResponse" }
  /** The response waits for `release` or `cut`. */
  | { readonly type: "holdResponse" }
  /** The connection breaks after some bytes of the response. */
  | { readonly type: "cutResponse"; readonly afterBytes: number }
  /** The connection breaks after some bytes of the statement, which the server does not execute. */
  | { readonly type: "cutRequest"; readonly afterBytes: number }
  /** Nothing passes any more, in either direction, but the connection stays open. */
  | { readonly type: "silence" };

export interface Strike {
  /** Resolves when the fault has struck. For responses, that is when the server has responded. */
  readonly struck: Promise<void>;
  /** Whether the fault has struck. */
  readonly isDone: boolean;
  /** Delivers a held response. */
  readonly release: () => void;
  /** Breaks the connection of a held response. */
  readonly cut: () => void;
}

/** A proxy that understands as much of PostgreSQL's protocol as it takes to lose statements and responses. */
export interface PostgresProxy {
  /** `host:port` */
  readonly host: string;
  /** Strikes the next statement that contains the text. */
  readonly arm: (text: string, fault: Fault) => Strike;
  /** The texts of the statements sent so far. */
  readonly statements: readonly string[];
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly connections: number;
  readonly openConnections: number;
  /** Refuses connections until `accept`. */
  readonly refuse: () => Promise<void>;
  readonly accept: () => Promise<void>;
  /** Breaks all connections. */
  readonly cutAll: () => void;
  readonly close: () => Promise<void>;
}

/** The state that all connections of a proxy share. */
interface ProxyState {
  readonly target: URL;
  readonly sockets: Set<Socket>;
  readonly statements: string[];
  armed: ArmedFault | undefined;
  bytesUp: number;
  bytesDown: number;
  connections: number;
}

interface ArmedFault {
  readonly text: string;
  readonly fault: Fault;
  readonly strike: StrikeControl;
}

export async function startPostgresProxy(target: string): Promise<PostgresProxy> {
  const state: ProxyState = {
    target: new URL(target),
    sockets: new Set(),
    statements: [],
    armed: undefined,
    bytesUp: 0,
    bytesDown: 0,
    connections: 0,
  };
  let server: Server | undefined = await listen(state, 0);
  const { port } = server.address() as AddressInfo;
  const refuse = async (): Promise<void> => {
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    cutAll(state);
    await closed;
    server = undefined;
  };
  return {
    host: `127.0.0.1:${port}`,
    arm: (text, fault) => {
      const strike = createStrike();
      state.armed = { text, fault, strike };
      return strike;
    },
    statements: state.statements,
    get bytesUp() {
      return state.bytesUp;
    },
    get bytesDown() {
      return state.bytesDown;
    },
    get connections() {
      return state.connections;
    },
    get openConnections() {
      return state.sockets.size;
    },
    refuse,
    accept: async () => {
      server ??= await listen(state, port);
    },
    cutAll: () => cutAll(state),
    close: refuse,
  };
}

function cutAll({ sockets }: ProxyState): void {
  for (const socket of sockets) socket.resetAndDestroy();
}

/** A connection of a client, and the one to the server. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** The fault that strikes the current statement. */
  struck: ArmedFault | undefined;
  /** The response to a statement that is struck, as far as it has arrived. */
  response: Buffer;
}

function forward(client: Socket, state: ProxyState): void {
  const { hostname, port } = state.target;
  const server = connect({ port: Number(port), host: hostname, noDelay: true });
  const link: Link = { client, server, struck: undefined, response: Buffer.alloc(0) };
  client.setNoDelay(true);
  endTogether(client, server);
  state.connections += 1;
  state.sockets.add(client);
  client.on("close", () => state.sockets.delete(client));
  client.on("data", (bytes) => {
    state.bytesUp += bytes.length;
    const text = bytes.toString("latin1");
    state.statements.push(...statementsIn(text));
    if (state.armed !== undefined && text.includes(state.armed.text)) {
      link.struck = state.armed;
      link.response = Buffer.alloc(0);
      state.armed = undefined;
    }
    passRequest(link, bytes);
  });
  server.on("data", (bytes) => {
    state.bytesDown += bytes.length;
    passResponse(link, bytes);
  });
}

function passRequest(link: Link, bytes: Buffer): void {
  const { server, struck } = link;
  if (struck?.fault.type === "silence") struck.strike.strike();
  else if (struck?.fault.type === "cutRequest") {
    server.write(bytes.subarray(0, struck.fault.afterBytes));
    struck.strike.strike();
    setImmediate(() => reset(link));
  } else server.write(bytes);
}

/** The message with which the server ends each response. Its last byte is the state of the transaction. */
const READY_FOR_QUERY = "Z\0\0\0\u0005";

function passResponse(link: Link, bytes: Buffer): void {
  const { client, struck } = link;
  if (struck === undefined) {
    client.write(bytes);
    return;
  }
  const { fault, strike } = struck;
  link.response = Buffer.concat([link.response, bytes]);
  const { response } = link;
  const isComplete = response.subarray(-6).toString("latin1").startsWith(READY_FOR_QUERY);
  if (fault.type === "cutResponse" && response.length > fault.afterBytes) {
    strike.strike();
    client.write(response.subarray(0, fault.afterBytes), () => reset(link));
  } else if (fault.type === "loseResponse" && isComplete) {
    strike.strike();
    reset(link);
  } else if (fault.type === "holdResponse" && isComplete) {
    strike.strike();
    void strike.decision.then((decision) => {
      link.struck = undefined;
      return decision === "cut" ? reset(link) : client.write(response);
    });
  }
}

function reset({ client, server }: Link): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}

interface StrikeControl extends Strike {
  readonly strike: () => void;
  readonly decision: Promise<"release" | "cut">;
}

function createStrike(): StrikeControl {
  const struck = Promise.withResolvers<void>();
  const decision = Promise.withResolvers<"release" | "cut">();
  let isDone = false;
  return {
    struck: struck.promise,
    decision: decision.promise,
    get isDone() {
      return isDone;
    },
    strike: () => {
      isDone = true;
      struck.resolve();
    },
    release: () => decision.resolve("release"),
    cut: () => decision.resolve("cut"),
  };
}

async function listen(state: ProxyState, port: number): Promise<Server> {
  const server = createServer((client) => forward(client, state)).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function endTogether(one: Socket, other: Socket): void {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const socket of [one, other]) socket.on("error", end).on("close", end);
}

/** Finds the statements in Parse and Query messages. */
function statementsIn(text: string): string[] {
  // oxlint-disable-next-line no-control-regex -- Messages are binary.
  return [...text.matchAll(/[PQ][\0-\xFF]{4}\0?(\s*(?:SELECT|WITH|DO)\s[^\0]+)\0/gu)].map(
    ([, statement = ""]) => statement.trim(),
  );
}
