import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL(".", import.meta.url)) } },
  oxc: { jsx: { runtime: "automatic" } },
  test: {
    environment: "happy-dom",
    include: ["**/*.test.{ts,tsx}"],
    exclude: ["node_modules", "out", ".next"],
    // Patience, for a machine that is busy with other tests; nothing hangs on it.
    testTimeout: 60_000,
    setupFiles: ["./vitest.setup.ts"],
  },
});
