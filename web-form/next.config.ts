import type { NextConfig } from "next";

// A static export: the product serves `out/` itself, so there is no Node server beside it.
const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  devIndicators: false,
  // Types are checked by `npm run types`, before anything is built from them.
  typescript: { ignoreBuildErrors: true },
};

export default config;
