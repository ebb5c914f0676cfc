// lib/current-user.ts: replace it with your authentication. Never read the user's id from the body or the URL.
import { HttpError } from "../../http.ts";

export async function currentUser(request: Request): Promise<string> {
  const user = request.headers.get("x-session-user");
  if (user === null) throw new HttpError(401, "Sign in first.");
  return user;
}
