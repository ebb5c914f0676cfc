// lib/respond.ts
import { failure } from "../../http.ts";

/** Responds with the code and the message of an error, instead of the page that Next.js shows for it. */
export async function respond(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    const { status, body } = failure(error);
    return Response.json(body, { status });
  }
}
