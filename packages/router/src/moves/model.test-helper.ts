import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { createThreadStore, memoryDriver, type MemoryRecords } from "@threadstore/core/driver";
import type { Clock } from "../placement/clock.ts";
import { routerWithClock } from "../router-store.ts";
import { moveNamespace } from "./move-namespace.ts";
import { delayedDriver, randomFrom, Scheduler } from "./scheduler.test-helper.ts";

const LEASE_MS = 40;
const PINS = { t: "a" };

/** The observations of the clients. */
export interface Seen {
  /** The observations that contradict the contract. */
  readonly violations: string[];
  moves: number;
  unknown: number;
  conflicts: number;
}

interface Settings {
  readonly seed: number;
  /** Whether movers are killed at random. */
  readonly kills: boolean;
  /** Changes the clock of the movers, to show that the model finds the resulting faults. */
  readonly moverClock?: (clock: Clock) => Clock;
  readonly stepsPerDelay?: number;
}

/** Stores in memory whose requests a scheduler delays, with clients and movers in several processes. */
export class Model {
  readonly seen: Seen = { violations: [], moves: 0, unknown: 0, conflicts: 0 };
  readonly #settings: Settings;
  readonly #random: (below: number) => number;
  readonly #scheduler: Scheduler;
  readonly #records = {
    a: new Map() as MemoryRecords,
    b: new Map() as MemoryRecords,
    placement: new Map() as MemoryRecords,
  };
  /** The elements of appends that were acknowledged, and those whose outcome is unknown. */
  readonly #acknowledged = new Set<string>();
  readonly #uncertain = new Set<string>();
  #clientsAtWork = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#random = randomFrom(settings.seed);
    // Longer than a lease, and shorter than the time between two moves to the same store.
    this.#scheduler = new Scheduler(this.#random, 2 * LEASE_MS, settings.stepsPerDelay ?? 40);
  }

  async run(): Promise<Seen> {
    const clients = ["p1", "p2", "p3"].flatMap((process) => {
      const router = this.#router(process, this.#scheduler.clock(process));
      const view = router.namespace("t");
      return [
        this.#appends(view, process),
        this.#loads(view),
        this.#counts(view),
        this.#creates(view, process),
      ];
    });
    this.#clientsAtWork = clients.length;
    const counted = clients.map(async (client) => client.finally(() => (this.#clientsAtWork -= 1)));
    await this.#scheduler.run(Promise.all([...counted, this.#moves()]));
    await this.#checkEnd();
    return this.seen;
  }

  #router(process: string, clock: Clock): ThreadStore {
    const store = (records: MemoryRecords): ThreadStore => {
      return createThreadStore(
        delayedDriver(memoryDriver({ records }), async () => this.#scheduler.step(process)),
      );
    };
    return routerWithClock(
      {
        stores: { a: store(this.#records.a), b: store(this.#records.b) },
        placement: store(this.#records.placement),
        pins: PINS,
        leaseMs: LEASE_MS,
      },
      clock,
    );
  }

  /** Moves the namespace again and again, in a new process each time. */
  async #moves(): Promise<void> {
    const { kills, moverClock = (clock: Clock): Clock => clock } = this.#settings;
    for (let round = 0; this.#clientsAtWork > 0; round += 1) {
      const process = `mover-${round}`;
      const router = this.#router(process, moverClock(this.#scheduler.clock(process)));
      const move = moveNamespace(router, "t", round % 2 === 0 ? "b" : "a", { claimMs: 60_000 });
      const ended = move.then(() => "moved" as const);
      ended.catch(() => undefined);
      if (kills && this.#random(2) === 0) {
        const outcome = await Promise.race([ended, this.#steps(this.#random(150))]);
        if (outcome === undefined) {
          this.#scheduler.kill(process);
          // Its claim expires.
          for (const key of this.#records.placement.keys()) {
            if (key.includes("lease")) this.#records.placement.delete(key);
          }
          continue;
        }
      }
      try {
        await ended;
        this.seen.moves += 1;
      } catch (error) {
        this.#violate(`a move failed: ${String(error)}`);
      }
    }
  }

  async #steps(count: number): Promise<undefined> {
    for (let step = 0; step < count; step += 1) await this.#scheduler.step("time");
    return undefined;
  }

  async #appends(view: ThreadStore, process: string): Promise<void> {
    for (let n = 0; n < 8; n += 1) {
      const element = `${process}-${n}`;
      this.#uncertain.add(element);
      const result = await this.#outcome(view.append("log", [element], { create: { log: [] } }));
      if (result === "ok") this.#acknowledged.add(element);
      if (result !== "unknown") this.#uncertain.delete(element);
      if (result === "conflict") this.#violate(`append ${element} was a conflict`);
    }
  }

  /** A load returns all writes that were acknowledged before it began, and all that an earlier load returned. */
  async #loads(view: ThreadStore): Promise<void> {
    for (let n = 0; n < 8; n += 1) {
      const before = [...this.#acknowledged];
      const log = elementsOf(await view.load("log"));
      const missing = before.filter((element) => !log.includes(element));
      if (missing.length > 0) this.#violate(`a load misses ${missing.join()}`);
      const invented = log.filter((each) => !this.#acknowledged.has(each) && !this.#uncertain.has(each));
      if (invented.length > 0) this.#violate(`a load has ${invented.join()}, which was not appended`);
      // From now on, they must not disappear.
      for (const element of log) this.#acknowledged.add(element);
    }
  }

  /** Each increment has the precondition that nothing was saved since the load. */
  async #counts(view: ThreadStore): Promise<void> {
    for (let n = 0; n < 4; n += 1) {
      const saved = view.update("count", (current) => ({ count: countOf(current) + 1 }));
      const result = await this.#outcome(saved);
      if (result === "ok") this.#increments.min += 1;
      if (result !== "conflict") this.#increments.max += 1;
    }
  }

  readonly #increments = { min: 0, max: 0 };

  /** If only one client creates and deletes a thread, the thread is in the state that this client left. */
  async #creates(view: ThreadStore, process: string): Promise<void> {
    const id = `own-${process}`;
    for (let n = 0; n < 6; n += 1) {
      const created = await this.#outcome(view.save(id, { n }));
      if (created === "conflict") this.#violate(`${id} exists although it was deleted`);
      if (created !== "ok") return;
      const loaded = (await view.load(id))?.thread["n"];
      if (loaded !== n) this.#violate(`${id} is ${JSON.stringify(loaded)} instead of ${n}`);
      let existed: boolean | undefined;
      const deleted = await this.#outcome(view.delete(id).then((result) => (existed = result)));
      if (deleted !== "ok") return;
      if (existed !== true) this.#violate(`${id} did not exist`);
      if ((await view.load(id)) !== undefined) this.#violate(`${id} exists after it was deleted`);
    }
  }

  async #outcome(call: Promise<unknown>): Promise<"ok" | "conflict" | "unknown"> {
    try {
      await call;
      return "ok";
    } catch (error) {
      if (ThreadStoreError.is(error, "CONFLICT")) {
        this.seen.conflicts += 1;
        return "conflict";
      }
      if (!ThreadStoreError.is(error, "OUTCOME_UNKNOWN")) throw error;
      this.seen.unknown += 1;
      return "unknown";
    }
  }

  async #checkEnd(): Promise<void> {
    const view = this.#router("end", this.#scheduler.clock("end")).namespace("t");
    const reading = Promise.all([view.load("log"), view.load("count")]);
    await this.#scheduler.run(reading);
    const [log, count] = await reading;
    const elements = elementsOf(log);
    const missing = [...this.#acknowledged].filter((element) => !elements.includes(element));
    if (missing.length > 0) this.#violate(`the end misses ${missing.join()}`);
    if (new Set(elements).size !== elements.length)
      this.#violate(`an append was doubled: ${elements.join()}`);
    const { min, max } = this.#increments;
    const total = countOf(count);
    if (total < min || total > max) this.#violate(`the count is ${total}, not ${min} to ${max}`);
  }

  #violate(what: string): void {
    this.seen.violations.push(`seed ${this.#settings.seed}: ${what}`);
  }
}

function elementsOf(stored: StoredThread | undefined): readonly string[] {
  return (stored?.thread["log"] ?? []) as string[];
}

function countOf(stored: StoredThread | undefined): number {
  return Number(stored?.thread["count"] ?? 0);
}
