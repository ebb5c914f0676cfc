import { IS_QUICK } from "@threadstore/test-stores";
import { expect, test } from "vitest";
import type { Clock } from "../placement/clock.ts";
import { Model } from "./model.test-helper.ts";

const SEEDS = IS_QUICK ? 4 : 100;

test("no save is lost or doubled, and no read is older than an earlier one, in any order of steps", async () => {
  let [moves, unknown] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const seen = await new Model({ seed, kills: false }).run();
    expect(seen.violations).toEqual([]);
    moves += seen.moves;
    unknown += seen.unknown;
  }
  // Otherwise, this proves nothing.
  expect(moves).toBeGreaterThan(2 * SEEDS);
  expect(unknown).toBeLessThan(SEEDS * 10);
}, 600_000);

test("the same holds if movers are killed at any step, and others continue", async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const seen = await new Model({ seed, kills: true }).run();
    expect(seen.violations).toEqual([]);
  }
}, 600_000);

test("the model finds what happens if a move does not wait for the lease", async () => {
  const violations: string[] = [];
  for (let seed = 1; violations.length === 0 && seed <= 100; seed += 1) {
    const moverClock = (clock: Clock): Clock => ({ ...clock, wait: async () => undefined });
    const seen = await new Model({ seed, kills: false, moverClock, stepsPerDelay: 400 }).run();
    violations.push(...seen.violations);
  }
  expect(violations.length).toBeGreaterThan(0);
}, 600_000);
