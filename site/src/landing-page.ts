import { read } from "./pages.ts";

const FRONTMATTER = `---
layout: home
title: ThreadStore
titleTemplate: Persist and resume AI conversations
hero:
  name: ThreadStore
  text: Persist a conversation, resume it later
  tagline: AI agents' conversations in the storage you already run, without lost turns or half-written threads.
  image:
    src: /hero.svg
    alt: A process saves a turn and is killed. Another process continues the conversation.
  actions:
    - theme: brand
      text: Get started
      link: /persist-and-resume
    - theme: alt
      text: Choose a store
      link: /choose-a-store
    - theme: alt
      text: GitHub
      link: https://github.com/threadstore/threadstore
features:
  - title: Six stores, one contract
    details: SQLite, files, PostgreSQL, Redis, Azure Blob Storage and S3 give the same numbered guarantees, checked by one suite with racing processes, lost responses and kill -9.
    link: /contract
    linkText: Read the contract
  - title: Concurrent requests lose nothing
    details: Each save names the version that it replaces. Two tabs, a retry or a queue that delivers twice get a conflict, a merge or their turn, as you choose.
    link: /races
    linkText: Handle races
  - title: Turns survive crashes
    details: A conversation with a journal saves each step. After a crash, the next process finishes the turn, and no tool whose result was saved runs again.
    link: /what-happens-when
    linkText: See what happens when
  - title: Your SDK, or your own loop
    details: Agents for the openai package, chats for the AI SDK, sessions for the SDKs of OpenAI, Claude, Google and Strands, memory for Mastra, checkpoints for LangGraph, runs of CopilotKit, interchange with Agent Framework, and any JSON object.
    link: /introduction#agent-sdks
    linkText: Find your SDK
  - title: A save costs one turn
    details: Stores write the changed end of a conversation. 200 turns write 4 MB to SQLite instead of 42 MB, and 0.4 MB to Redis instead of 36 MB.
    link: /performance
    linkText: See the benchmark
  - title: Ready for operation
    details: A closed set of error codes, OpenTelemetry spans and metrics, retention, erasure with a receipt, namespaces for tenants, and migration between stores.
    link: /observability
    linkText: Observe it
---
`;

/** Returns the landing page: its own summary, and the quick start of the README. */
export function landingPage(convert: (markdown: string) => string): string {
  const [quickStart = ""] = /^## Quick start$[\s\S]*?(?=^## )/mu.exec(read("README.md")) ?? [];
  if (quickStart === "") throw new Error("The README does not have a quick start.");
  return `${FRONTMATTER}\n${convert(quickStart)}`;
}
