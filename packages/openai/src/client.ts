/**
 * A client of the `openai` package for Chat Completions: `OpenAI`, `AzureOpenAI`, or one whose base URL points at a
 * server that implements Chat Completions. Names only the members that agents use, because for TypeScript the classes
 * of the package's versions, and those of its copies for `import` and for `require`, are different types.
 */
export interface ChatClient {
  readonly baseURL: string;
  readonly chat: { readonly completions: { create(body: never, options?: never): PromiseLike<unknown> } };
}

/** A client of the `openai` package for the Responses API, of any version and copy, like {@link ChatClient}. */
export interface ResponsesClient {
  readonly baseURL: string;
  readonly responses: { create(body: never, options?: never): PromiseLike<unknown> };
  readonly conversations: { create(body: never, options?: never): PromiseLike<unknown> };
}
