import { defineConfig } from "vite";

export default defineConfig({
  // Relative paths work at every address.
  base: "./",
  // The package's smaller half is fast enough for one signature at each connection.
  resolve: { alias: { tweetnacl: "tweetnacl/nacl.js" } },
  build: {
    outDir: "../dist/viewer",
    emptyOutDir: true,
    target: "es2022",
    // Browsers of the last years support it; the polyfill would be an additional script.
    modulePreload: { polyfill: false },
  },
});
