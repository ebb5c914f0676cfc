/** The exact versions that the rows run with. To test another one, change it here and run `npm run docs:compatibility`. */
export const VERSIONS = {
  node20: "20.19.5",
  node22: "22.12.0",
  node22Latest: "22.23.3",
  node24: "24.21.0",
  nodeCurrent: "26.10.0",
  bun: "1.4.5",
  deno: "2.9.6",
  workerd: "1.20261117.1",
  typescript56: "5.6.3",
  typescript59: "5.9.3",
  typescript7: "7.0.2",
  vitest: "5.1.1",
  jest: "30.5.2",
  esbuild: "0.28.2",
  vite: "8.3.8",
  webpack: "5.113.0",
  next: "16.4.6",
  react: "19.3.1",
} as const;

export type Tool = keyof typeof VERSIONS;
