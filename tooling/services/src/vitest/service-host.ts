import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { catalogue, type Endpoints, type ServiceName, serviceNames } from "../catalogue.ts";
import { endpointFrom, type Variables } from "../environment-variables.ts";
import { LOOPBACK } from "../processes/ports.ts";
import { allServers, type Service, ServiceUnavailableError } from "../service.ts";

/** The answer to a request for a service. */
export type ServiceAnswer<Name extends ServiceName = ServiceName> =
  | {
      readonly state: "running";
      readonly endpoint: Endpoints[Name];
      /** Names the server to this host: several can run under the name of a service that is not shared. */
      readonly instance: string;
    }
  | { readonly state: "unavailable" | "failed"; readonly message: string };

export interface ServiceHost {
  /**
   * `GET url/NAME` starts the service unless it is running and shared, and responds with a {@link ServiceAnswer}.
   * `GET url/INSTANCE/diagnosis` responds with the state of its servers and the end of their logs, as text.
   */
  readonly url: string;
  /** Stops all services that were started. */
  close(): Promise<void>;
}

const HEARTBEAT_MS = 30_000;

type Services = Map<string, Service<unknown>>;

/**
 * Starts services for a whole test run: each one once, when the first test file requests it, or for each test file. It belongs to the process
 * that outlives the test files, each of which runs in a process.
 */
export async function startServiceHost(): Promise<ServiceHost> {
  const answers = new Map<string, Promise<ServiceAnswer>>();
  const services: Services = new Map();

  const server = createServer((request, response) => {
    const [, name = "", resource] = request.url?.split("/") ?? [];
    if (resource === "diagnosis") {
      respond(response, diagnose(services.get(name)));
      return;
    }
    const instance = isPerFile(name) ? `${name}-${answers.size}` : name;
    const answer = answers.get(instance) ?? startByName(name, instance, services);
    answers.set(instance, answer);
    respond(
      response,
      answer.then((body) => JSON.stringify(body)),
    );
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");

  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all(answers.values());
      await Promise.all([...services.values()].map((service) => service.stop()));
    },
  };
}

/** Responds with a text, preceded by spaces while it is awaited: `fetch` gives up after 5 minutes of silence. */
function respond(response: ServerResponse, body: Promise<string>): void {
  const heartbeat = setInterval(() => response.write(" "), HEARTBEAT_MS);
  void body
    .catch((error: unknown) => String(error))
    .then((text) => response.end(text))
    .finally(() => clearInterval(heartbeat));
}

/** Returns an empty text for a service that this host did not start. */
async function diagnose(service: Service<unknown> | undefined): Promise<string> {
  if (service === undefined) return "";
  const diagnoses = await Promise.all(allServers(service.servers).map((server) => server.diagnose()));
  return diagnoses.join("\n");
}

function isPerFile(name: string): boolean {
  return serviceNames.some((candidate) => candidate === name && catalogue[candidate].isPerFile === true);
}

async function startByName(name: string, instance: string, services: Services): Promise<ServiceAnswer> {
  const known = serviceNames.find((candidate) => candidate === name);
  if (known === undefined) return { state: "failed", message: `Unknown service: ${name}.` };
  try {
    const { variables } = catalogue[known];
    const endpoint = endpointFrom(variables as Variables<Endpoints[ServiceName]>, process.env);
    if (endpoint !== undefined) return { state: "running", endpoint, instance };
    const service = await catalogue[known].start();
    services.set(instance, service);
    return { state: "running", endpoint: service.endpoint, instance };
  } catch (error) {
    const state = error instanceof ServiceUnavailableError ? "unavailable" : "failed";
    return { state, message: (error as Error).message };
  }
}
