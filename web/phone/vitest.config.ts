import { defineConfig } from "vitest/config";
import { REACT } from "./vite.config.ts";

export default defineConfig({ resolve: { alias: REACT }, test: { include: ["src/**/*.test.ts"] } });
