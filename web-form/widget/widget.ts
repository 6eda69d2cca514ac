// One script tag puts this on any page: `<script src="https://support.example/widget.js" async></script>`.
// The page's origin has to stand in the product's CORS_ORIGINS. Nothing is loaded from elsewhere, no cookie is set.

import { apiClient } from "../lib/api";
import { make } from "./dom";
import { sheet } from "./look";
import { Panel } from "./panel";
import { readSettings } from "./settings";

function start(script: HTMLScriptElement): void {
  const settings = readSettings(script);
  const { t, label, company, language, direction } = settings;
  const host = make("div", { lang: language, dir: direction });
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet(settings)];

  const panel = new Panel(apiClient(`${settings.origin}/api/v1`), settings);
  const close = make("button", { type: "button", class: "close", "aria-label": t.widget.close }, "×");
  const title = make("header", {}, make("h2", {}, t.widget.title), close);
  const name = `${t.widget.title}: ${company}`;
  const dialog = make(
    "section",
    { class: "panel", id: "panel", role: "dialog", "aria-label": name },
    title,
    panel.element,
  );
  const open = make(
    "button",
    { type: "button", class: "open", "aria-expanded": "false", "aria-controls": "panel" },
    label,
  );
  dialog.hidden = true;
  root.append(dialog, open);
  document.body.append(host);

  function toggle(shown: boolean): void {
    dialog.hidden = !shown;
    open.setAttribute("aria-expanded", String(shown));
    if (shown) panel.show();
    else {
      panel.hide();
      open.focus();
    }
  }
  open.addEventListener("click", () => toggle(dialog.hidden));
  close.addEventListener("click", () => toggle(false));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement) {
  if (document.body) start(script);
  else document.addEventListener("DOMContentLoaded", () => start(script));
}
