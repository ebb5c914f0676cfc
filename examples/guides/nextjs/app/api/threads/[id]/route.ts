// app/api/threads/[id]/route.ts
import { openConversation } from "@threadstore/openai";
import { failure, readMessage } from "../../../../../http.ts";
import { currentUser } from "../../../../lib/current-user.ts";
import { respond } from "../../../../lib/respond.ts";
import { agent, threads } from "../../../../lib/threads.ts";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

export function GET(request: Request, { params }: Context): Promise<Response> {
  return respond(async () => {
    const { id } = await params;
    const stored = await threads.namespace(await currentUser(request)).load(id);
    if (stored === undefined) return new Response(null, { status: 404 });
    const headers = { etag: `"${stored.version}"` };
    const isCurrent = request.headers.get("if-none-match") === headers.etag;
    return isCurrent
      ? new Response(null, { status: 304, headers })
      : Response.json(stored.thread, { headers });
  });
}

export function POST(request: Request, { params }: Context): Promise<Response> {
  return respond(async () => {
    const { id } = await params;
    const { text, key } = readMessage(await request.json());
    const store = threads.namespace(await currentUser(request));
    const conversation = openConversation({ agent, store, id, journal: true });
    // If the user leaves, the signal aborts. The turn stays in the thread as stopped, with the answer so far.
    const run = conversation.runStream(text, { key, signal: request.signal });
    const headers = { "content-type": "application/x-ndjson" };
    return new Response(ReadableStream.from(lines(run)), { headers });
  });
}

async function* lines(events: AsyncIterable<object>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const line = (value: object): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
  try {
    for await (const event of events) yield line(event);
  } catch (error) {
    yield line({ type: "problem", ...failure(error).body });
  }
}
