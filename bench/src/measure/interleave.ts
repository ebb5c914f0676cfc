import type { Client, Subject } from "../clients/client.ts";
import { turnMessages } from "../messages.ts";
import type { Missing } from "../results/results-file.ts";
import type { WorkloadCase } from "../workloads/workload.ts";
import { measured, type Sample } from "./stopwatch.ts";

export interface Rounds {
  readonly rounds: number;
  readonly now: () => number;
  readonly progress: (text: string) => void;
  /** Returns whether a subject that has run `rounds` times may run again. */
  readonly goesOn: (subject: Subject, rounds: number) => boolean;
  /** Gets the time of a whole round of a subject, which includes the parts that are not measured. */
  readonly took: (subject: Subject, ms: number) => void;
}

export interface Interleaved {
  readonly samples: ReadonlyMap<Subject, readonly Sample[]>;
  readonly failed: readonly Missing[];
}

/**
 * Runs every subject once in each round, so that a slow phase of the machine affects all of them. The order rotates, so
 * that no subject always follows the same one.
 */
export async function interleaved(
  subjects: readonly Subject[],
  each: WorkloadCase,
  { rounds, now, progress, goesOn, took }: Rounds,
): Promise<Interleaved> {
  const samples = new Map<Subject, Sample[]>(subjects.map((subject) => [subject, []]));
  const failed: Missing[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = round % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      const taken = samples.get(subject);
      if (taken === undefined || !goesOn(subject, taken.length)) continue;
      progress(`round ${round + 1} of ${rounds} · ${subject.name}`);
      const start = now();
      try {
        taken.push(await sampleOf(subject, each));
        took(subject, now() - start);
      } catch (error) {
        samples.delete(subject);
        failed.push({ subject: subject.name, reason: firstLine(error), failed: true });
      }
    }
  }
  return { samples, failed };
}

/** Returns the subjects that can take part in a case. One that cannot be opened takes part, and fails there. */
export async function participants(
  subjects: readonly Subject[],
  { suits }: WorkloadCase,
): Promise<readonly Subject[]> {
  const suitable: Subject[] = [];
  for (const subject of subjects) {
    try {
      const client = await subject.open(nextLocation());
      if (suits(client, subject)) suitable.push(subject);
      await client.close();
    } catch {
      suitable.push(subject);
    }
  }
  return suitable;
}

export function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
  return line;
}

let locations = 0;

/** Returns a location that no other subject uses. */
function nextLocation(): string {
  locations += 1;
  return `location-${locations}`;
}

async function sampleOf(subject: Subject, each: WorkloadCase): Promise<Sample> {
  const location = nextLocation();
  const reopen = (): Promise<Client> => subject.open(location);
  const first = await reopen();
  try {
    await each.prepare?.(first);
  } finally {
    await first.close();
  }
  const client = await reopen();
  try {
    if (each.cold !== true) await useOnce(client);
    return await measured((watch) => each.run({ client, watch, reopen }));
  } finally {
    await client.close();
  }
}

/** Connects and does the other work of the first use. */
async function useOnce(client: Client): Promise<void> {
  const conversation = client.conversation("first-use", "direct");
  for (const turn of [0, 1]) {
    await conversation.add(turnMessages(turn));
    await conversation.save();
  }
  await client.load("first-use");
}
