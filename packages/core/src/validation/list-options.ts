import type { CallOptions, ListOptions, ListOrder, ThreadMetadata } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { checkedLimit } from "./limit.ts";
import { checkedPrefix } from "./names.ts";
import { checkedWhere } from "./where.ts";

/** The valid options of a listing, except for its cursor, which only the store that it belongs to can check. */
export interface CheckedListOptions {
  readonly order: ListOrder;
  readonly prefix: string;
  readonly where: ThreadMetadata;
  readonly limit: number;
  readonly metadata: boolean;
}

/** Returns a copy of the options with defaults. Throws `INVALID_ARGUMENT`. */
export function checkedListOptions({
  order,
  prefix,
  where,
  limit,
  metadata = false,
}: Omit<ListOptions, keyof CallOptions>): CheckedListOptions {
  if (typeof metadata !== "boolean") throw invalidArgument("`metadata` of a listing must be a boolean.");
  return {
    order: checkedOrder(order),
    prefix: checkedPrefix(prefix),
    where: checkedWhere(where),
    limit: checkedLimit(limit),
    metadata,
  };
}

/** Returns the order of a listing. Throws `INVALID_ARGUMENT`. */
function checkedOrder(order: unknown = "id"): ListOrder {
  if (order === "id" || order === "updated") return order;
  throw invalidArgument('`order` must be "id" or "updated". Omit it to list by id.');
}
