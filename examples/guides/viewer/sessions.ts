// The login of the application: replace it with yours. A session is a cookie that the server has signed.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export interface Staff {
  readonly name: string;
  readonly role: "admin" | "support";
}

const COOKIE = "staff-session";
const KEY = process.env["SESSION_KEY"] ?? randomBytes(32).toString("hex");

/** Returns the cookie that logs a member of the staff in. */
export function sessionCookie(user: Staff): string {
  const text = Buffer.from(JSON.stringify(user)).toString("base64url");
  return `${COOKIE}=${text}.${signatureOf(text)}; HttpOnly; Secure; SameSite=Lax; Path=/`;
}

/** Returns the user who sent a request; `undefined` without a login. */
export function staffOf(request: Request): Staff | undefined {
  const cookie = request.headers.get("cookie") ?? "";
  const [, text = "", signature = ""] = /(?:^|; )staff-session=([\w-]+)\.([\w-]+)/u.exec(cookie) ?? [];
  const expected = Buffer.from(signatureOf(text));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return JSON.parse(Buffer.from(text, "base64url").toString()) as Staff;
}

function signatureOf(text: string): string {
  return createHmac("sha256", KEY).update(text).digest("base64url");
}
