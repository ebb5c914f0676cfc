// The viewer for the staff of an application. Only administrators can change threads.
import type { ThreadStore } from "@threadstore/core";
import { type ViewerHandler, type ViewerHandlerOptions, viewerHandler } from "threadstore/viewer";
import { staffOf } from "./sessions.ts";

export function staffViewer(store: ThreadStore): ViewerHandler {
  const options: ViewerHandlerOptions = {
    basePath: "/admin/threads",
    label: "production",
    authorize({ request, operation }) {
      const user = staffOf(request);
      // The support team sees the conversations of customers, and nothing else that the store contains.
      if (user !== undefined) return user.role === "admin" ? store : store.namespace("customers");
      if (operation !== "page") return new Response(null, { status: 401 });
      return new Response(null, { status: 303, headers: { location: "/login" } });
    },
    onError: (error) => console.error("viewer:", error),
  };
  const reading = viewerHandler(options);
  const writing = viewerHandler({ ...options, write: true });
  return (request) => (staffOf(request)?.role === "admin" ? writing : reading)(request);
}
