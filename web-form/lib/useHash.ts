import { useSyncExternalStore } from "react";

function subscribe(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  addEventListener("popstate", changed);
  return () => {
    removeEventListener("hashchange", changed);
    removeEventListener("popstate", changed);
  };
}

/** What stands behind the # of the address; null in the exported HTML, where it is not known. */
export const useHash = (): string | null =>
  useSyncExternalStore(
    subscribe,
    () => location.hash.slice(1),
    () => null,
  );

/** Change what stands behind the #, as a step of the browser's history. */
export function goTo(hash: string): void {
  history.pushState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  dispatchEvent(new PopStateEvent("popstate"));
}
