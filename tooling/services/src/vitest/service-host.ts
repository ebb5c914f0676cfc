import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { catalogue, serviceNames, type Endpoints, type ServiceName } from "../catalogue.ts";
import { loopback } from "../processes/ports.ts";
import { ServiceUnavailableError, type Service } from "../service.ts";
import { endpointFrom, type Variables } from "../variables.ts";

/** What became of a service that a test file asked for. */
export type ServiceAnswer<Name extends ServiceName = ServiceName> =
  | { readonly state: "running"; readonly endpoint: Endpoints[Name] }
  | { readonly state: "unavailable" | "failed"; readonly message: string };

export interface ServiceHost {
  /** `GET url/NAME` starts a service, once, and answers with a `ServiceAnswer`. */
  readonly url: string;
  /** Stops what was started. */
  close(): Promise<void>;
}

/**
 * Starts services for a whole test run: each when the first test file asks for it, and each once. It belongs to the
 * process that outlives the test files, which have processes of their own.
 */
export async function startServiceHost(): Promise<ServiceHost> {
  const started = new Map<string, Promise<ServiceAnswer>>();
  const running: Service<unknown>[] = [];

  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? "";
    const answer = started.get(name) ?? startByName(name, running);
    started.set(name, answer);
    void answer.then((body) => response.end(JSON.stringify(body)));
  });
  server.listen(0, loopback);
  await once(server, "listening");

  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all(started.values());
      await Promise.all(running.map((service) => service.stop()));
    },
  };
}

async function startByName(name: string, running: Service<unknown>[]): Promise<ServiceAnswer> {
  const known = serviceNames.find((candidate) => candidate === name);
  if (known === undefined) return { state: "failed", message: `There is no service named "${name}".` };
  try {
    const { variables } = catalogue[known];
    const endpoint = endpointFrom(variables as Variables<Endpoints[ServiceName]>, process.env);
    if (endpoint !== undefined) return { state: "running", endpoint };
    const service = await catalogue[known].start();
    running.push(service);
    return { state: "running", endpoint: service.endpoint };
  } catch (error) {
    const state = error instanceof ServiceUnavailableError ? "unavailable" : "failed";
    return { state, message: (error as Error).message };
  }
}
