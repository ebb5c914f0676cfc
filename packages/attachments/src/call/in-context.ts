import { ThreadStoreError } from "@threadstore/core";

/** What a call was asked for, as its errors tell it. */
export interface CallContext {
  readonly operation: "save" | "load" | "delete" | "list" | "deleteExpired";
  readonly store: string;
  readonly namespace: string;
  readonly id?: string | undefined;
}

/** Runs the work, and tells of an error that does not know its call which it was. */
export async function inContext<T>(context: CallContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Thrown as it is, so that its stack shows where it arose.
    if (ThreadStoreError.is(error) && error.operation === undefined) {
      const { store = context.store, namespace = context.namespace } = error;
      Object.assign(error, context, { store, namespace });
    }
    throw error;
  }
}
