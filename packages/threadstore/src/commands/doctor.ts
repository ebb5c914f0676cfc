import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption, STORE_HELP } from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import type { Diagnosis } from "../doctor/diagnosis.ts";
import { examineFiles } from "../doctor/examine-files.ts";
import { examinePostgres } from "../doctor/examine-postgres.ts";
import { examineRedis } from "../doctor/examine-redis.ts";
import { examineService } from "../doctor/examine-service.ts";
import { examineSqlite } from "../doctor/examine-sqlite.ts";
import { examineStore } from "../doctor/examine-store.ts";
import { tableLines } from "../output/table.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import type { OpenContext } from "../stores/adapter.ts";
import { parseStoreUrl, type StoreUrl } from "../stores/store-url.ts";

interface DoctorOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
}

/** Examines a backend by its URL, for questions that the interface of stores cannot answer. */
type Examine = (url: StoreUrl, context: OpenContext) => Promise<Diagnosis[]>;

const EXAMINATIONS: ReadonlyMap<string, Examine> = new Map([
  ["sqlite", examineSqlite],
  ["file", examineFiles],
  ["redis", examineRedis],
  ["rediss", examineRedis],
  ["postgres", examinePostgres],
  ["postgresql", examinePostgres],
  ["s3", examineService],
  ["azure", examineService],
]);

export function addDoctor(program: Command, start: Start): void {
  program
    .command("doctor")
    .summary("find out whether a backend is safe to use")
    .description(
      "Checks permissions, conditional writes and latency with threads in a new namespace, which it deletes, and asks " +
        "the backend for its clock, durability, version and role. Exits with 1 if something needs attention.",
    )
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, options: DoctorOptions) => start((session) => examine(session, url, options)));
}

async function examine(session: Session, url: string, options: DoctorOptions): Promise<number> {
  const { terminal } = session;
  const { folder, env, signal } = terminal;
  const { store, label } = await session.open(url, { ...options, reportsConnection: true });
  const isConfigured = /^config(?::|$)/u.test(url);
  const parsed = isConfigured ? undefined : parseStoreUrl(url);
  const examineBackend = parsed && EXAMINATIONS.get(parsed.scheme);
  const diagnoses = await examineStore(store, signal);
  if (parsed !== undefined && examineBackend !== undefined) {
    diagnoses.push(...(await examineBackend(parsed, { folder, env, mustExist: true })));
  }
  if (options.json === true)
    await printJson(terminal.stdout, {
      store: label,
      diagnoses: diagnoses.map((each) => redactedBy(session, each)),
    });
  else
    await printDiagnoses(
      session,
      label,
      diagnoses.map((each) => redactedBy(session, each)),
    );
  const needsAttention = diagnoses.some(({ result }) => result === "failed" || result === "warning");
  return needsAttention ? EXIT.attention : EXIT.done;
}

/** Messages of backends can contain secrets from the URL. */
function redactedBy({ redact }: Session, { check, result, detail, remedy }: Diagnosis): Diagnosis {
  return {
    check,
    result,
    detail: redact(detail),
    ...(remedy === undefined ? {} : { remedy: redact(remedy) }),
  };
}

const STYLES = { ok: "green", warning: "yellow", failed: "red", unknown: "dim" } as const;

async function printDiagnoses(
  { terminal, paint }: Session,
  label: string,
  diagnoses: readonly Diagnosis[],
): Promise<void> {
  const rows = diagnoses.map(({ check, result, detail }) => [result, check, detail]);
  const [header = "", ...lines] = tableLines(
    [{ title: "Result" }, { title: "Check" }, { title: "Detail" }],
    rows,
  );
  const painted = lines.map((line, index) => {
    const result = diagnoses[index]?.result ?? "ok";
    return line.replace(result, paint(STYLES[result], result));
  });
  const remedies = diagnoses.flatMap(({ check, remedy }) =>
    remedy === undefined ? [] : [`${check}: ${remedy}`],
  );
  await printLines(terminal.stdout, [
    paint("bold", visibleLine(label)),
    paint("dim", header),
    ...painted,
    ...(remedies.length === 0 ? [] : ["", ...remedies.map(visibleLine)]),
  ]);
}
