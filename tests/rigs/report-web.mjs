// report-web.mjs FILE.html NAME: axe-core in Chromium, no request, no overflow from 360 to 1600 pixels; pictures light, dark and
// narrow, and the printed page as NAME.pdf, of at most as many pages as PAGES says. Started by report-web.sh.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , file, name] = process.argv;
const require = createRequire(process.env.MODULES + '/');
const puppeteer = require('puppeteer-core');
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu'], headless: true });
const page = await browser.newPage();
const wrong = [];
page.on('request', request => { if (request.url() !== pathToFileURL(file).href) wrong.push('request: ' + request.url()); });
page.on('console', message => { if (['error', 'warn', 'warning'].includes(message.type())) wrong.push('console: ' + message.text()); });
page.on('pageerror', error => wrong.push('error: ' + error));
page.on('dialog', dialog => { wrong.push('dialog: ' + dialog.message()); dialog.dismiss(); });

for (const scheme of ['light', 'dark']) {
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  for (const width of [360, 480, 760, 1000, 1600]) {
    await page.setViewport({ width, height: 900 });
    await page.goto(pathToFileURL(file).href);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) wrong.push(`overflow: ${wide} of ${width} pixels`);
    if ([360, 1000].includes(width)) await page.screenshot({ path: `${name}-${scheme}-${width}.png`, fullPage: true });
  }
  // A policy that allows no script keeps axe out as well; it goes in beside the page, where the policy does not reach.
  const world = await page.createCDPSession();
  const { frameTree } = await world.send('Page.getFrameTree');
  const { executionContextId } = await world.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  const run = async expression => (await world.send('Runtime.evaluate', { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true })).result.value;
  await run(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8') + ';0');
  const found = await run("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(r => ({ passes: r.passes.length, violations: r.violations.map(v => `${v.impact} ${v.id}: ${v.nodes[0].html.slice(0, 120)}`) }))");
  if (!found || found.passes === 0) wrong.push('axe found nothing to judge');
  for (const violation of found?.violations ?? []) wrong.push(`axe, ${scheme}: ${violation}`);
  console.log(`${name}, ${scheme}: ${found?.passes} rules of axe passed`);
}
await page.emulateMediaFeatures([]);
const pdf = await page.pdf({ path: `${name}.pdf`, format: 'A4', preferCSSPageSize: true });
const pages = Buffer.from(pdf).toString('latin1').match(/\/Type\s*\/Page[^s]/g)?.length ?? 0;
console.log(`${name}: ${pages} printed pages`);
if (pages > Number(process.env.PAGES)) wrong.push(`${pages} printed pages`);
await browser.close();
for (const what of wrong) console.log(what);
process.exit(wrong.length ? 1 : 0);
