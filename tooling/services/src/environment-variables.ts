import type { Address } from "./service.ts";

/** The environment variable for a field of an endpoint. */
export interface Variable<Value> {
  readonly name: string;
  readonly parse: (text: string) => Value;
  readonly format: (value: Value) => string;
  /** The value if the variable is not set. */
  readonly fallback: Value | undefined;
}

/** The variable of each field. If the first one is set, the environment names a server. */
export type Variables<Endpoint> = { readonly [Field in keyof Endpoint]: Variable<Endpoint[Field]> };

export function text(name: string, fallback?: string): Variable<string> {
  return { name, fallback, parse: String, format: String };
}

/** `host:port,host:port` */
export function addresses(name: string): Variable<readonly Address[]> {
  return {
    name,
    fallback: undefined,
    parse: (list) =>
      list.split(",").map((address) => {
        const colon = address.lastIndexOf(":");
        return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
      }),
    format: (list) => list.map(({ host, port }) => `${host}:${port}`).join(","),
  };
}

/** Returns the endpoint that the environment names, if any. Throws an `Error` if a part of it is missing. */
export function endpointFrom<Endpoint>(
  variables: Variables<Endpoint>,
  environment: NodeJS.ProcessEnv,
): Endpoint | undefined {
  const fields = fieldsOf(variables);
  const isSet = fields.slice(0, 1).some(([, { name }]) => environment[name] !== undefined);
  if (!isSet) return undefined;
  const values = fields.map(([field, { name, parse, fallback }]) => {
    const variable = environment[name];
    const value = variable === undefined ? fallback : parse(variable);
    if (value === undefined) throw new Error(`The environment names a server without ${name}. Set it.`);
    return [field, value] as const;
  });
  return Object.fromEntries(values) as Endpoint;
}

/** Returns an endpoint as environment variables, one a line. */
export function linesOf<Endpoint>(variables: Variables<Endpoint>, endpoint: Endpoint): string[] {
  return fieldsOf(variables).map(([field, { name, format }]) => `${name}=${format(endpoint[field])}`);
}

function fieldsOf<Endpoint>(variables: Variables<Endpoint>): [keyof Endpoint, Variable<unknown>][] {
  return Object.entries(variables) as unknown as [keyof Endpoint, Variable<unknown>][];
}
