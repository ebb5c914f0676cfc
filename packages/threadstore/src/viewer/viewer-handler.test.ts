// The page, its addresses and its headers, and the hook that authorizes requests.
import { request } from "node:http";
import { join } from "node:path";
import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import type { ViewerAccess, ViewerHandlerOptions } from "./options.ts";
import { createViewer, viewerHandler } from "./viewer-handler.ts";
import { pageFolder, problemOf, startViewer } from "./viewer.test-helper.ts";

describe("the page", () => {
  it("is served below the base path, with relative addresses", async () => {
    const { send } = await startViewer({ basePath: "/admin/threads" });
    const page = await send("/admin/threads/?thread=a");
    expect([page.status, page.headers.get("content-type"), await page.text()]).toEqual([
      200,
      "text/html; charset=utf-8",
      "<title>Viewer</title>",
    ]);
    const redirect = await send("/admin/threads?thread=a");
    expect([redirect.status, redirect.headers.get("location")]).toEqual([307, "/admin/threads/?thread=a"]);
    expect((await send("/admin/threads/assets/index-abc.js")).status).toBe(200);
    for (const path of ["/", "/admin", "/admin/threadsx", "/api/session", "/assets/index-abc.js"]) {
      expect(await problemOf(await send(path)), path).toEqual([404, "NOT_FOUND"]);
    }
  });

  it("is cached: assets for good, the page as long as it is the same", async () => {
    const { send } = await startViewer();
    const page = await send("/");
    const asset = await send("/assets/index-abc.js");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(asset.headers.get("cache-control")).toContain("immutable");
    const etag = page.headers.get("etag") ?? "";
    const again = await send("/", { headers: { "if-none-match": `W/${etag}, "x"` } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await send("/", { headers: { "if-none-match": '"x"' } })).status).toBe(200);
    const head = await send("/", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/assets",
    "/assets/",
    "//secret.txt",
    "/index.html%00.js",
    "/constructor",
    "/__proto__",
    "/%ff",
  ])("does not serve %s", async (path) => {
    const { send } = await startViewer();
    const { origin } = new URL((await send("/")).url);
    // `fetch` would change the path.
    const { status, body } = await new Promise<{ status: number | undefined; body: string }>(
      (resolve, reject) => {
        request(`${origin}/`, { path }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("end", () => resolve({ status: response.statusCode, body: text }));
        })
          .on("error", reject)
          .end();
      },
    );
    expect([status, body.includes("secret")]).toEqual([404, false]);
  });

  it("says that it is not built", async () => {
    const errors: unknown[] = [];
    const viewer = createViewer(
      { authorize: () => memoryStore(), onError: (error) => void errors.push(error) },
      { page: join(await pageFolder(), "missing") },
    );
    const response = await viewer(new Request("http://localhost/"));
    expect(await response.json()).toMatchObject({ code: "PAGE_MISSING", detail: /npm run build/u });
    expect(errors).toHaveLength(1);
  });
});

it("every response has the headers that keep contents from running", async () => {
  const { send, store } = await startViewer({ write: true });
  await store.save("a", {});
  const responses = [
    await send("/"),
    await send("/assets/index-abc.js"),
    await send("/api/threads/a"),
    await send("/api/threads/missing"),
    await send("/api/session", { method: "POST" }),
    await send("/missing"),
    await send("/", { method: "HEAD" }),
  ];
  for (const { headers, url } of responses) {
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy, url).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/u);
    expect(policy, url).not.toContain("unsafe");
    expect(headers.get("x-content-type-options"), url).toBe("nosniff");
    expect(headers.get("referrer-policy"), url).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy"), url).toBe("same-origin");
    expect(headers.get("x-dns-prefetch-control"), url).toBe("off");
    expect(headers.get("access-control-allow-origin"), url).toBeNull();
  }
});

describe("`authorize`", () => {
  it("decides about each request before the store is used, and about the target of a fork", async () => {
    const seen: unknown[] = [];
    const store = memoryStore();
    const { version } = await store.namespace("acme").save("a", {});
    const { send } = await startViewer({
      write: true,
      authorize({ operation, namespace, id, target }: ViewerAccess) {
        seen.push({ operation, namespace, id, target });
        return target === "forbidden" ? new Response(null, { status: 418 }) : store;
      },
    });
    const namespace = ["acme"];
    await send("/");
    await send("/api/threads?namespace=acme");
    const fork = { method: "POST", version, json: { id: "forbidden" } };
    expect((await send("/api/threads/a/fork?namespace=acme", fork)).status).toBe(418);
    expect(seen).toEqual([
      { operation: "page", namespace: [], id: undefined },
      { operation: "list", namespace, id: undefined },
      { operation: "fork", namespace, id: "a" },
      { operation: "fork", namespace, id: "a", target: "forbidden" },
    ]);
  });

  it("limits a request to the store that it returns, whatever the namespace and the id", async () => {
    const store = memoryStore();
    await store.save("secret", {});
    await store.namespace("bob").save("secret", {});
    const { send } = await startViewer({ authorize: () => store.namespace("ann") });
    for (const path of [
      "/api/threads/secret",
      "/api/threads/..%2fsecret",
      "/api/threads/secret?namespace=..",
      "/api/threads/secret?namespace=bob",
      "/api/threads/secret?namespace=..%2Fbob",
    ]) {
      expect((await send(path)).status, path).toBe(404);
    }
  });

  it.each([
    ["undefined", () => undefined, 403, "FORBIDDEN"],
    ["true", () => true, 403, "FORBIDDEN"],
    [
      "a failure",
      () => {
        throw new Error("secret");
      },
      500,
      "UNEXPECTED",
    ],
  ])("that returns %s gives no access", async (_, authorize, status, code) => {
    const { send } = await startViewer({
      authorize: authorize as unknown as ViewerHandlerOptions["authorize"],
    });
    for (const path of ["/", "/api/session", "/api/threads/a"]) {
      const response = await send(path);
      const text = await response.text();
      expect([response.status, (JSON.parse(text) as { code: string }).code]).toEqual([status, code]);
      expect(text).not.toContain("secret");
    }
  });

  it("that returns the same response again is a failure, not a request without a response", async () => {
    const response = new Response("No access.", { status: 403 });
    const errors: unknown[] = [];
    const { send } = await startViewer({
      authorize: () => response,
      onError: (error) => void errors.push(error),
    });
    expect([(await send("/")).status, errors]).toEqual([403, []]);
    expect(await problemOf(await send("/"))).toEqual([500, "UNEXPECTED"]);
    expect(errors).toHaveLength(1);
  });

  it("can redirect to a login", async () => {
    const { send } = await startViewer({
      authorize: () => Response.redirect("http://localhost/login", 303),
    });
    const response = await send("/");
    expect([response.status, response.headers.get("location")]).toEqual([303, "http://localhost/login"]);
  });
});

it("a store that is not available is a temporary problem of every request, for the log only", async () => {
  const fail = (): Promise<never> =>
    Promise.reject(new ThreadStoreError("UNAVAILABLE", "The host db.internal is unreachable."));
  const store = { load: fail, update: fail, delete: fail, listPage: fail, namespaces: fail, erase: fail };
  const errors: unknown[] = [];
  const { send } = await startViewer({
    write: true,
    authorize: () => ({ ...store, namespace: () => store }) as unknown as ThreadStore,
    onError: (error) => void errors.push(error),
  });
  const change = { version: "1", json: {} };
  const responses = [
    await send("/api/threads"),
    await send("/api/namespaces"),
    await send("/api/threads/a"),
    await send("/api/threads/a/conversation"),
    await send("/api/threads/a/repair"),
    await send("/api/threads/a", { ...change, method: "PATCH", json: { title: "x" } }),
    await send("/api/threads/a", { method: "DELETE", version: "1" }),
    await send("/api/threads/a/fork", { ...change, method: "POST" }),
    await send("/api/threads/a/repair", { ...change, method: "POST" }),
    await send("/api/namespaces?namespace=acme", { method: "DELETE" }),
  ];
  for (const response of responses) {
    expect(response.headers.get("retry-after"), response.url).toBe("5");
    const text = await response.text();
    expect(JSON.parse(text), response.url).toMatchObject({ status: 503, code: "UNAVAILABLE" });
    expect(text).not.toContain("db.internal");
  }
  expect(errors).toHaveLength(responses.length);
});

it.each([
  ["POST", "/"],
  ["PUT", "/api/threads/a"],
  ["POST", "/api/threads/a/elements"],
  ["POST", "/api/threads/a/conversation"],
  ["DELETE", "/api/threads"],
  ["OPTIONS", "/api/session"],
])("%s %s is not a request of the viewer", async (method, path) => {
  const { send } = await startViewer({ write: true });
  const [status, code] = await problemOf(await send(path, { method }));
  expect([405, 404]).toContain(status);
  expect(["METHOD_NOT_ALLOWED", "NOT_FOUND"]).toContain(code);
});

it.each<[string, unknown]>([
  ["authorize", { authorize: undefined }],
  ["basePath", { authorize: memoryStore, basePath: "admin" }],
  ["basePath", { authorize: memoryStore, basePath: "/a?b" }],
  ["write", { authorize: memoryStore, write: "yes" }],
  ["provider", { authorize: memoryStore, provider: 1 }],
  ["label", { authorize: memoryStore, label: 1 }],
  ["onError", { authorize: memoryStore, onError: 1 }],
  ["`writable`", { authorize: memoryStore, writable: true }],
])("rejects an invalid option %s", (name, options) => {
  expect(() => viewerHandler(options as ViewerHandlerOptions)).toThrow(name);
});
