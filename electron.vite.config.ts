import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

export default defineConfig({
  main: {
    build: {
      rollupOptions: {
        input: {
          index: 'src/main/index.ts',
          'host-process': 'src/main/electron/host-process.ts',
          loopback: 'src/main/loopback.ts',
        },
      },
    },
  },
  preload: {
    build: {
      rollupOptions: {
        input: { index: 'src/preload/index.ts' },
        // A sandboxed preload is CommonJS, and one file.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react()],
    build: {
      // The page's policy allows neither inline script nor data: for anything but images.
      assetsInlineLimit: 0,
      minify: true,
      // The page comes from this machine.
      chunkSizeWarningLimit: 2_000,
      modulePreload: { polyfill: false },
      rollupOptions: { input: { index: 'src/renderer/index.html', media: 'src/renderer/media.html' } },
    },
  },
})
