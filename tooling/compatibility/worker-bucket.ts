/** As much of a bucket as the store needs to check it, and to save and load. */
export const BUCKET = `
const objects = new Map();
let count = 0;
const refuse = (status, code) => new Response("<Error><Code>" + code + "</Code></Error>", { status });
export default {
  async fetch(request) {
    const { pathname: key } = new URL(request.url);
    const stored = objects.get(key);
    const [match, noneMatch] = [request.headers.get("if-match"), request.headers.get("if-none-match")];
    const isRefused = (match !== null && match !== stored?.etag) || (noneMatch === "*" && stored !== undefined);
    if (request.method === "PUT" || request.method === "DELETE") {
      const bytes = new Uint8Array(await request.arrayBuffer());
      const now = objects.get(key);
      if (now !== stored) return refuse(409, "ConditionalRequestConflict");
      if (isRefused) return match !== null && stored === undefined ? refuse(404, "NoSuchKey") : refuse(412, "PreconditionFailed");
      if (request.method === "DELETE") { objects.delete(key); return new Response(null, { status: 204 }); }
      const etag = '"' + String(++count).padStart(32, "0") + '"';
      const metadata = [...request.headers].filter(([name]) => name.startsWith("x-amz-meta-"));
      objects.set(key, { etag, bytes, metadata });
      return new Response(null, { headers: { etag } });
    }
    if (stored === undefined) return refuse(404, "NoSuchKey");
    const headers = new Headers([...stored.metadata, ["etag", stored.etag], ["last-modified", new Date().toUTCString()]]);
    return new Response(stored.bytes, { headers });
  },
};
`;
