import type { Address } from "./service.ts";

/** How a field of an endpoint is given in the environment. */
export interface Variable<Value> {
  readonly name: string;
  readonly parse: (text: string) => Value;
  readonly format: (value: Value) => string;
  /** Its value when it is not given. */
  readonly fallback: Value | undefined;
}

/** A variable for each field; the first one tells whether there is a server at all. */
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

/** The endpoint that the environment names, if it names one. */
export function endpointFrom<Endpoint>(
  variables: Variables<Endpoint>,
  environment: NodeJS.ProcessEnv,
): Endpoint | undefined {
  const fields = fieldsOf(variables);
  const isGiven = fields.slice(0, 1).some(([, { name }]) => environment[name] !== undefined);
  if (!isGiven) return undefined;
  const values = fields.map(([field, { name, parse, fallback }]) => {
    const given = environment[name];
    const value = given === undefined ? fallback : parse(given);
    if (value === undefined)
      throw new Error(`The environment names a server, but not all of it: set ${name}.`);
    return [field, value] as const;
  });
  return Object.fromEntries(values) as Endpoint;
}

/** The lines that name an endpoint in the environment. */
export function linesOf<Endpoint>(variables: Variables<Endpoint>, endpoint: Endpoint): string[] {
  return fieldsOf(variables).map(([field, { name, format }]) => `${name}=${format(endpoint[field])}`);
}

function fieldsOf<Endpoint>(variables: Variables<Endpoint>): [keyof Endpoint, Variable<unknown>][] {
  return Object.entries(variables) as unknown as [keyof Endpoint, Variable<unknown>][];
}
