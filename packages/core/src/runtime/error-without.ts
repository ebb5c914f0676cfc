/**
 * Returns a copy of an error of an SDK without these properties, of the same class. For drivers, because the request
 * and the response of a failed call lead to credentials and to the content of threads, and SDKs make them read-only.
 */
export function errorWithout<E extends Error>(error: E, ...names: readonly string[]): E {
  const copy = new Error(error.message);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (!names.includes(name)) Object.defineProperty(copy, name, descriptor);
  }
  return copy as E;
}
