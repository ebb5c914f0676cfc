import { createHash } from "node:crypto";
import {
  errorResponse,
  type ScriptedService,
  scriptedService,
  type ServiceRequest,
  type ServiceResponse,
} from "./scripted-service.test-helper.ts";

/** The ways in which a provider differs from AWS. */
export interface ProviderQuirks {
  /**
   * Whether it accepts ETags in conditions with and without quotes, or only without.
   * @default "both"
   */
  readonly quotes?: "both" | "without";
  /** The conditions that it ignores. */
  readonly ignores?: readonly ("if-match" | "if-none-match" | "if-match on delete" | "if-match on nothing")[];
  /** The conditions that it refuses as not implemented. */
  readonly unsupported?: readonly ("put" | "delete" | "x-amz-delete-if-unmodified-since")[];
  /** Whether it responds with 409 to writers that lose a race. */
  readonly conflicts?: boolean;
  /** @default true */
  readonly etags?: boolean;
}

/** Starts a service like AWS, with these differences. */
export function startProvider(quirks: ProviderQuirks): Promise<ScriptedService> {
  const provider = new Provider(quirks);
  return scriptedService((request) => provider.respond(request));
}

class Provider {
  readonly #objects = new Map<string, { readonly etag: string; readonly body: Buffer }>();
  readonly #quirks: ProviderQuirks;

  constructor(quirks: ProviderQuirks) {
    this.#quirks = quirks;
  }

  respond(request: ServiceRequest): ServiceResponse {
    if (request.method === "PUT") return this.#put(request);
    return request.method === "DELETE" ? this.#delete(request) : this.#get(request);
  }

  #put({ path, headers, body }: ServiceRequest): ServiceResponse {
    const { ignores = [], unsupported = [], conflicts = false, etags = true } = this.#quirks;
    if (unsupported.includes("put")) return errorResponse(501, "NotImplemented");
    const stored = this.#objects.get(path);
    const ifMatch = headers["if-match"];
    const isRefused =
      (headers["if-none-match"] === "*" && stored !== undefined && !ignores.includes("if-none-match")) ||
      (ifMatch !== undefined &&
        stored !== undefined &&
        !ignores.includes("if-match") &&
        !this.#matches(stored.etag, ifMatch));
    if (isRefused) {
      return conflicts
        ? errorResponse(409, "ConditionalRequestConflict")
        : errorResponse(412, "PreconditionFailed");
    }
    const ignoresMissing = ignores.includes("if-match") || ignores.includes("if-match on nothing");
    if (ifMatch !== undefined && stored === undefined && !ignoresMissing) {
      return errorResponse(404, "NoSuchKey");
    }
    const etag = createHash("md5").update(body).digest("hex");
    this.#objects.set(path, { etag, body });
    return { status: 200, headers: etags ? { etag: `"${etag}"` } : {} };
  }

  #delete({ path, headers }: ServiceRequest): ServiceResponse {
    const { ignores = [], unsupported = [] } = this.#quirks;
    const ifMatch = headers["if-match"];
    const isUnsupported =
      (unsupported.includes("delete") && ifMatch !== undefined) ||
      (unsupported.includes("x-amz-delete-if-unmodified-since") &&
        "x-amz-delete-if-unmodified-since" in headers);
    if (isUnsupported) return errorResponse(501, "NotImplemented");
    if (ifMatch !== undefined && !ignores.includes("if-match on delete")) {
      const stored = this.#objects.get(path);
      if (stored === undefined) return errorResponse(404, "NoSuchKey");
      if (!this.#matches(stored.etag, ifMatch)) return errorResponse(412, "PreconditionFailed");
    }
    this.#objects.delete(path);
    return { status: 204 };
  }

  #get({ path }: ServiceRequest): ServiceResponse {
    const stored = this.#objects.get(path);
    if (stored === undefined) return errorResponse(404, "NoSuchKey");
    return { status: 200, headers: { etag: `"${stored.etag}"` }, body: stored.body };
  }

  #matches(etag: string, condition: string): boolean {
    return condition === etag || (this.#quirks.quotes !== "without" && condition === `"${etag}"`);
  }
}
