export type { AttachmentsOptions } from "./options.ts";
export { withAttachments } from "./with-attachments.ts";
