import { ThreadStoreError } from "@threadstore/core";
import {
  checkPrecondition,
  COMMON_HEADERS,
  entityTag,
  preconditionFailed,
  readBody,
  RequestProblem,
} from "@threadstore/http/provider";
import type { Inspection } from "../wire-forms/inspect-thread.ts";
import type { RepairSettings } from "../wire-forms/wire-form.ts";
import { findingsOf, inspect } from "./findings.ts";
import { loadThread } from "./load.ts";
import { ViewerProblem } from "./viewer-problem.ts";
import type { ViewerRequest } from "./viewer-request.ts";

type Checked = Extract<Inspection, { kind: "checked" }>;

const MAX_BODY_BYTES = 1024;

/** Responds with the changes that a repair would make. */
export async function check(viewed: ViewerRequest): Promise<Response> {
  const policy = policyOf(new URL(viewed.request.url).searchParams.get("policy") ?? "synthesize");
  const stored = await loadThread(viewed);
  const { faults } = repairable(await inspect(stored, policy, viewed));
  const headers = { ...COMMON_HEADERS, etag: entityTag(stored.version) };
  return Response.json({ changes: findingsOf(faults) }, { headers });
}

/** Repairs the version of the thread that the request names, and responds with the changes. */
export async function repair(viewed: ViewerRequest): Promise<Response> {
  const { request, store, id } = viewed;
  const { policy = "synthesize" } = await readBody(request, MAX_BODY_BYTES, ["policy"]);
  const stored = await loadThread(viewed);
  checkPrecondition(request, stored);
  const { faults, repaired } = repairable(await inspect(stored, policyOf(policy), viewed));
  const { version } =
    faults.length === 0 || repaired === undefined
      ? stored
      : await store.save(id, repaired, { previous: stored, signal: request.signal }).catch(throwConflict);
  const headers = { ...COMMON_HEADERS, etag: entityTag(version) };
  return Response.json({ changes: findingsOf(faults), version }, { headers });
}

function policyOf(text: unknown): RepairSettings["policy"] {
  if (text === "synthesize" || text === "drop") return text;
  throw new RequestProblem("REQUEST_INVALID", "`policy` must be synthesize or drop.");
}

/** Another client has saved the thread since it was loaded. */
function throwConflict(error: unknown): never {
  throw ThreadStoreError.is(error, "CONFLICT") ? preconditionFailed() : error;
}

/** Returns the inspection of a thread that can be repaired. Throws a problem for any other. */
function repairable(inspection: Inspection): Checked {
  if (inspection.kind === "not-installed") throw new ViewerProblem("NOT_INSTALLED", inspection.remedy);
  if (inspection.kind === "unknown") {
    throw new ViewerProblem(
      "NOT_REPAIRABLE",
      "The form of the thread is not known, so it cannot be checked.",
    );
  }
  if (inspection.faults.length > 0 && inspection.repaired === undefined) {
    throw new ViewerProblem(
      "NOT_REPAIRABLE",
      "The thread has faults that a repair cannot correct. The conversation lists them.",
    );
  }
  return inspection;
}
