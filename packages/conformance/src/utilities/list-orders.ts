import type { ListOptions } from "@threadstore/core";

export type ListOrder = NonNullable<ListOptions["order"]>;

// A record, so that an order that is new in core does not compile until the cases use it.
const ALL_ORDERS: Readonly<Record<ListOrder, true>> = { id: true, updated: true };

export const LIST_ORDERS: readonly ListOrder[] = Object.keys(ALL_ORDERS) as ListOrder[];
