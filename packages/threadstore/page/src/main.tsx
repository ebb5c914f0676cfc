import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client.ts";
import { App } from "./app.tsx";
import { applyTheme } from "./state/theme.ts";
import "./styles/fonts.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/sidebar.css";
import "./styles/conversation.css";
import "./styles/views.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refresh is a decision of the user: a conversation must not change while it is read.
      refetchOnWindowFocus: false,
      staleTime: 30_000,
      retry: (count, error) => count < 2 && error instanceof ApiError && error.isTemporary,
    },
  },
});

applyTheme();
const root = document.querySelector("#root");
if (root === null) throw new Error("The page has no element #root.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
