import { markdownTable } from "../report/markdown-table.ts";
import { short } from "../report/numbers.ts";
import { STORES } from "../stores/open-stores.ts";
import { CALLS } from "./calls.ts";
import { type CallCost, ERASE, EXPIRY } from "./measure.ts";

const CALL_NAMES: readonly string[] = [...CALLS.map(({ name }) => name), EXPIRY, ERASE];

/** Formats the times and requests of all calls with the two largest numbers of threads, and how they grow. */
export function manyThreadsTables(costs: readonly CallCost[]): { readonly many: string } {
  const rows = Object.keys(STORES).flatMap((store) =>
    CALL_NAMES.flatMap((call) => {
      const [small, large] = costs
        .filter((cost) => cost.store === store && cost.call === call)
        .toSorted((one, other) => one.threads - other.threads)
        .slice(-2);
      return small === undefined ? [] : [rowOf(small, large)];
    }),
  );
  const header = ["store", "threads", "call", "requests", "to", "ms", "to", "growth"];
  return { many: markdownTable(header, rows) };
}

function rowOf(small: CallCost, large: CallCost | undefined): readonly string[] {
  const growth = large === undefined ? "–" : short(large.ms / small.ms);
  return [
    small.store,
    large === undefined ? count(small.threads) : `${count(small.threads)} to ${count(large.threads)}`,
    small.call,
    count(small.requests),
    large === undefined ? "–" : count(large.requests),
    short(small.ms),
    large === undefined ? "–" : short(large.ms),
    growth,
  ];
}

function count(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}
