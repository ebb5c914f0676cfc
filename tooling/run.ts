import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { styleText } from "node:util";

/** Tests start hundreds of processes of Node.js. With compiled code from this folder, each needs half the CPU time. */
const NODE_COMPILE_CACHE = resolve(".cache/compiled");

/** Runs a program in this terminal and resolves with its exit code. */
export async function run(command: string, parameters: string[]): Promise<number> {
  const child = spawn(command, parameters, {
    stdio: "inherit",
    env: { NODE_COMPILE_CACHE, ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
  });
  const [code, signal] = await once(child, "exit");
  return signal === null ? Number(code) : 1;
}

/** Runs a step, printing its title and duration. Exits this process if the step fails. */
export async function step(title: string, command: string, ...parameters: string[]): Promise<void> {
  const started = performance.now();
  print("bold", `▸ ${title}`);
  const code = await run(command, parameters);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code !== 0) {
    print("red", `✗ ${title} failed after ${seconds} s: ${[command, ...parameters].join(" ")}`);
    process.exit(code);
  }
  print("green", `✓ ${title} (${seconds} s)`);
}

function print(format: "bold" | "green" | "red", text: string): void {
  console.log(styleText(format, text, { stream: process.stdout }));
}
