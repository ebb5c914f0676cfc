import { Download, Paperclip } from "lucide-react";
import type { ReactNode } from "react";
import type { FileEntry } from "../api/types.ts";
import { formatBytes, visible } from "../shared/format.ts";
import { RemoteLink } from "./image-view.tsx";

/** A file of the thread. It can be saved, but is never opened by the page. */
export function FileView({ file }: { readonly file: FileEntry }): ReactNode {
  const { name = "file", mediaType, url, data, bytes } = file;
  if (url !== undefined) return <RemoteLink url={url} label={visible(name)} />;
  return (
    <p className="attachment">
      <Paperclip aria-hidden />
      <bdi>{visible(name)}</bdi>
      <span className="quiet">
        {mediaType === undefined ? "" : `${visible(mediaType)}, `}
        {formatBytes(bytes)}
      </span>
      {data !== undefined && (
        <button type="button" className="button small" onClick={() => save(name, data)}>
          <Download aria-hidden /> Save
        </button>
      )}
    </p>
  );
}

/** Saves the file with a type that no browser opens as a page. */
function save(name: string, data: string): void {
  const base64 = /^data:[^,]*;base64,/u.test(data) || !data.startsWith("data:");
  const content = data.startsWith("data:") ? data.slice(data.indexOf(",") + 1) : data;
  const bytes = base64 ? decodeBase64(content) : new TextEncoder().encode(content);
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.codePointAt(0) ?? 0);
  } catch {
    return new TextEncoder().encode(text);
  }
}
