// Builds the one file that is served from the modules beside this one: `npm run build`, --outfile=… for elsewhere.

import { readFile, writeFile } from 'node:fs/promises';

import { build, transform } from 'esbuild';
import { minify } from 'terser';

const here = (path) => new URL(path, import.meta.url).pathname;
const outfile = process.argv[2]?.replace('--outfile=', '') ?? here('../static/notifications/notification-inbox.js');

// Names that never leave the file (not called from outside, not stored, not sent to other tabs) and that no object of
// the browser has: `join` would be that of arrays too.
const INTERNAL = [
  ...[
    'planRenewal',
    'usable',
    'ask',
    'leave',
    'promise',
    'waited',
    'flush',
    'rest',
    'leads',
    'look',
    'voice',
    'tick',
    'rowOf',
    'isLoading',
    'hasFailed',
  ],
  ...['deliver', 'onRefused', 'onClick', 'onMenu', 'onDeed', 'onOpen', 'onLeave', 'say', 'ago', 'moment'],
];

const shortCSS = {
  name: 'short-css',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
        target: 'chrome123',
      });
      return { contents: code.trim(), loader: 'text' };
    });
  },
};

const bundle = await build({
  entryPoints: [here('notification-inbox.js')],
  write: false,
  bundle: true,
  minify: true,
  mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  plugins: [shortCSS],
});
const options = { module: true, ecma: 2020, compress: { passes: 3, unsafe_arrows: true }, mangle: true };
const { code } = await minify(bundle.outputFiles[0].text, options);
await writeFile(outfile, `// Built from notifications/bell: \`make bell\`.\n${code}\n`);
