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
    return new Response(streamOf(lines(run)), { headers });
  });
}

/** Like `ReadableStream.from`, which TypeScript does not know for browsers, whose types Next.js uses. */
function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    // The user left. Ends the run.
    cancel: async () => void (await chunks.return(undefined)),
  });
}

type Run = AsyncIterable<object> & {
  readonly result: Promise<{ readonly text: string; readonly status: string }>;
};

async function* lines(run: Run): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const line = (value: object): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
  try {
    for await (const event of run) yield line(event);
    // A request that is repeated gets no events, only the answer.
    const { text, status } = await run.result;
    yield line({ type: "end", text, status });
  } catch (error) {
    yield line({ type: "problem", ...failure(error).body });
  }
}
