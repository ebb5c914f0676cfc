/**
 * Blocks requests to other servers, and inline scripts and styles, which a thread could contain. The page has neither.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  // Browsers look up the hosts of links in advance. The name server of a host in a message would learn who reads it.
  "x-dns-prefetch-control": "off",
  "x-frame-options": "DENY",
};

/** Returns the response with the headers that every response of the viewer has. */
export function withSecurityHeaders(response: Response): Response {
  // The headers of some responses, such as redirects, cannot be changed.
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
  const { status, statusText, body } = response;
  return new Response(body, { status, statusText, headers });
}
