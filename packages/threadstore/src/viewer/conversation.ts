import type { StoredThread } from "@threadstore/core";
import { COMMON_HEADERS, entityTag, toSummary } from "@threadstore/http/provider";
import { readStoredConversation } from "../conversation/from-agent-framework.ts";
import { findingsOf, type Finding, inspect } from "./findings.ts";
import { versionOf } from "./history.ts";
import { loadThread, loadVersion } from "./load.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** Responds with a thread, or one of its versions, as a conversation. */
export async function showConversation(viewed: ViewerRequest): Promise<Response> {
  const { request, settings } = viewed;
  const current = await loadThread(viewed);
  const version = versionOf(new URL(request.url).searchParams, "version");
  const shown = version === undefined ? current : await loadVersion(viewed, version);
  const { size, updatedAt } = shown;
  const summary = toSummary({ ...detailsOf(current), version: shown.version, size, updatedAt });
  const conversation = await readStoredConversation(shown, settings.folders.packages);
  const body = {
    form: conversation?.form ?? null,
    summary,
    entries: conversation?.entries ?? [],
    openTurn: conversation?.openTurn ?? null,
    ...(await checkOf(shown, viewed)),
  };
  // Never 304: the response also depends on the packages that are installed, and that of an older version on the title.
  return Response.json(body, { headers: { ...COMMON_HEADERS, etag: entityTag(shown.version) } });
}

function detailsOf({
  id,
  createdAt,
  expiresAt,
  metadata,
}: StoredThread): Omit<StoredThread, "json" | "thread" | "version" | "size" | "updatedAt"> {
  return { id, createdAt, expiresAt, metadata };
}

/** The result of a check, and whether it was possible. */
interface Check {
  readonly check: "checked" | "failed" | "not-installed" | "unknown";
  readonly findings: readonly Finding[];
  /** What to install. */
  readonly remedy?: string;
}

async function checkOf(stored: Pick<StoredThread, "json" | "thread">, viewed: ViewerRequest): Promise<Check> {
  try {
    const inspection = await inspect(stored, "synthesize", viewed);
    if (inspection.kind === "not-installed") {
      return { check: inspection.kind, findings: [], remedy: inspection.remedy };
    }
    const findings = inspection.kind === "checked" ? findingsOf(inspection.faults) : [];
    return { check: inspection.kind, findings };
  } catch (error) {
    // The conversation is readable, although a package failed to check it.
    const { request, settings } = viewed;
    void (async () => settings.onError?.(error, request))().catch(() => undefined);
    return { check: "failed", findings: [] };
  }
}
