import type { Settings } from "./settings";

const DARK = `
  --card: #161a2e; --text: #e9ebf6; --soft: #a7adc8; --line: #6c7396; --edge: #272c47; --tint: #212645;
  --bad: #ffa198; --bad-tint: #3a1d22; --link: color-mix(in srgb, var(--accent) 45%, #fff); color-scheme: dark;`;

/** The widget's sheet; a constructed one, so that a page whose policy forbids inline styles can have it too. */
export function sheet({ accent, onAccent, theme, position }: Settings): CSSStyleSheet {
  const made = new CSSStyleSheet();
  const dark =
    theme === "dark"
      ? `:host {${DARK}}`
      : theme === "auto"
        ? `@media (prefers-color-scheme: dark) { :host {${DARK}} }`
        : "";
  made.replaceSync(`
:host {
  all: initial; --accent: ${accent}; --on-accent: ${onAccent}; --link: color-mix(in srgb, var(--accent) 85%, #000);
  --card: #fff; --text: #1c2038; --soft: #565c78; --line: #8a90aa; --edge: #e3e6f1; --tint: #eef0fe;
  --bad: #b42318; --bad-tint: #fef1f0; color-scheme: light;
  position: fixed; z-index: 2147483000; inset-block-end: 1rem; inset-inline-${position}: 1rem;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; color: var(--text);
}
${dark}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button, input, textarea { font: inherit; color: inherit; }
input, textarea { unicode-bidi: plaintext; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.open, .send { background: var(--accent); color: var(--on-accent); border: 0; font-weight: 600; cursor: pointer; }
.open { display: block; margin-inline-${position === "end" ? "start" : "end"}: auto; border-radius: 99rem; padding: .75rem 1.25rem; min-height: 48px;
  box-shadow: 0 2px 12px rgb(0 0 0 / 25%); }
.send { border-radius: .6rem; padding: .55rem 1.1rem; min-height: 44px; }
.send[disabled] { opacity: .75; cursor: progress; }
.quiet { background: none; border: 1px solid var(--line); border-radius: .6rem; padding: .45rem .9rem; min-height: 44px;
  color: var(--link); cursor: pointer; }
.panel { width: min(24rem, calc(100vw - 2rem)); max-height: min(44rem, calc(100vh - 6.5rem)); overflow: auto; margin-block-end: .75rem;
  background: var(--card); border: 1px solid var(--edge); border-radius: 1rem; padding: 1rem 1.1rem;
  box-shadow: 0 8px 32px rgb(0 0 0 / 22%); }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; margin-block-end: .5rem; }
h2 { font-size: 1.1rem; margin: 0; }
.close { background: none; border: 0; border-radius: .5rem; width: 44px; height: 44px; font-size: 1.4rem; cursor: pointer; color: var(--soft); }
label { display: block; font-weight: 600; margin: .6rem 0 .25rem; }
input, textarea { width: 100%; min-height: 44px; padding: .5rem .7rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
[aria-invalid="true"] { border-color: var(--bad); background: var(--bad-tint); }
.error, .hint { margin: .25rem 0 0; font-size: .875rem; color: var(--soft); }
.error { color: var(--bad); font-weight: 500; }
.error:empty, .hint:empty, .notice:empty { display: none; }
.notice { margin: .5rem 0; padding: .6rem .8rem; border-radius: .6rem; background: var(--bad-tint); color: var(--bad); }
.trap { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin-block-start: .8rem; }
a { color: var(--link); }
.log { max-height: 17rem; overflow: auto; }
ol { list-style: none; margin: .5rem 0; padding: 0; display: grid; gap: .6rem; }
li { max-width: 90%; min-width: 0; border-radius: .9rem; padding: .55rem .8rem; border: 1px solid var(--edge); justify-self: start; }
li.customer { justify-self: end; background: var(--tint); border-color: transparent; }
li b { display: block; font-size: .8rem; color: var(--soft); font-weight: 600; }
li p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
`);
  return made;
}
