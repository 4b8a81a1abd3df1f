import { defineConfig } from "vite";

export default defineConfig({
  // Wherever it is served from, it finds its own files.
  base: "./",
  // The package's smaller half is quick enough for one signature at each connection.
  resolve: { alias: { tweetnacl: "tweetnacl/nacl.js" } },
  build: {
    outDir: "../dist/viewer",
    emptyOutDir: true,
    target: "es2022",
    // Browsers that are a few years old know it; the polyfill would be a script of its own.
    modulePreload: { polyfill: false },
  },
});
