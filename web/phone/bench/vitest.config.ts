import { defineConfig } from "vitest/config";

/** Run by `cargo xtask bench web`: one long measurement, whose lines are printed as they come. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.bench.ts"],
    testTimeout: 600_000,
    hookTimeout: 180_000,
    disableConsoleIntercept: true,
    reporters: [["default", { summary: false }]],
  },
});
