// app/admin/threads/[[...path]]/route.ts
import type { ViewerHandler } from "threadstore/viewer";
import { staffViewer } from "../../../../../viewer/staff-viewer.ts";
import { threads } from "../../../../lib/threads.ts";

const viewer: ViewerHandler = staffViewer(threads);

export { viewer as DELETE, viewer as GET, viewer as HEAD, viewer as PATCH, viewer as POST };
