// Files of a conversation on the staff page: each with its type and size, and saved when it is opened, never shown.

import { bytes } from "./api.js";
import { make, when } from "./staffview.js";

const size = (count) => (count ? `, ${count < 1e6 ? `${Math.ceil(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`}` : "");

/** The files of one message, as buttons; `data-file` is the path of each below the conversation's. */
export function fileList(message) {
  return make("ul", { class: "files" }, ...message.attachments.map((file, n) => make("li", {},
    make("button", { type: "button", class: "quiet", "data-file": `messages/${message.message_id}/files/${n}`, "data-name": file.filename },
      file.filename), make("span", { class: "hint" }, ` ${file.content_type}${size(file.size)}`))));
}

/** Fetch a file and let the browser save it. */
export async function save(path, name) {
  const url = URL.createObjectURL(new Blob([await bytes(path)], { type: "application/octet-stream" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Who opened which file, as a list item. */
export function opening(seen, messages) {
  const message = messages.find((one) => one.message_id === seen.message_id);
  return make("li", {}, `${when(seen.opened_at)}: ${seen.staff}, opened ${message?.attachments[seen.n]?.filename ?? "a file"}`);
}
