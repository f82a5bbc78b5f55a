// Builds the one file that is served from the modules beside this one: `npm run build`, --outfile=… for elsewhere.

import { readFile, writeFile } from 'node:fs/promises';

import { build, transform } from 'esbuild';
import { minify } from 'terser';

const here = (path) => new URL(path, import.meta.url).pathname;
const outfile = process.argv[2]?.replace('--outfile=', '') ?? here('../static/notifications/notification-inbox.js');

// Names that never leave the file (not called from outside, not stored, not sent to other tabs), that are no keys of
// the texts or of a frame, and that no object of the browser has: `join` would be that of arrays too.
const INTERNAL = `
  inbox socketInbox link tabs queue follow refuse setState tellChange deliver restore keep write discard leads look post
  adopt onRefused promise waited flush reset rest planRenewal usable ask leave isLoading hasFailed
  words menu query bell deeds panel draw choose element one readShown takeBack tell see sheet turn translate
  links row rowOf item isOpen tick voice isShown onClick onMenu onDeed say ago moment locale
`;

/** The custom properties that are the bell's own, by one letter each. */
function shortenProperties(css) {
  const own = [...new Set(css.match(/--_[\w-]+/g))];
  return css.replace(/--_[\w-]+/g, (name) => `--_${String.fromCharCode(97 + own.indexOf(name))}`);
}

const shortCSS = {
  name: 'short-css',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
        target: 'chrome123',
      });
      return { contents: shortenProperties(code.trim()), loader: 'text' };
    });
  },
};

const bundle = await build({
  entryPoints: [here('notification-inbox.js')],
  write: false,
  bundle: true,
  minify: true,
  mangleProps: new RegExp(`^(${INTERNAL.trim().split(/\s+/).join('|')})$`),
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  plugins: [shortCSS],
});
const compress = { passes: 8, unsafe: true, unsafe_arrows: true, if_return: false, comparisons: false };
const options = { module: true, ecma: 2020, compress, mangle: true };
const { code } = await minify(bundle.outputFiles[0].text, options);
await writeFile(outfile, `// From notifications/bell: \`make bell\`.\n${code}\n`);
