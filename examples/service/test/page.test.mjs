// SPDX-License-Identifier: MIT
// The page in a browser without a window, by the keyboard alone, in light and dark. CHROMIUM names another browser than
// the `chromium` of PATH; SCREENSHOTS a folder for pictures.
/* global document, getComputedStyle, innerWidth */
import assert from 'node:assert/strict';
import { accessSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { jsonLines, reviews, start, temporaryFolder } from './support/service.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const BROWSER = process.env.CHROMIUM ?? onPath(NAMES);
const WITHOUT = BROWSER === undefined && 'there is no Chromium; CHROMIUM names one';
const MOST_TABS = 60;

function onPath(names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.flatMap((folder) => names.map((name) => path.join(folder, name))).find(isFile);
}

function isFile(file) {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

/** The page of a service with texts; whatever the browser complains of fails the test. */
async function open(t, { colorScheme = 'light', width = 1280 } = {}) {
  const service = await start(t, temporaryFolder(t));
  await service.ask('POST', '/texts', jsonLines(reviews(400)), 'application/jsonl');
  await service.ask('POST', '/texts', [{ text: 'a fine film without a label' }, { text: 'another <b>one</b>' }]);
  const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] });
  t.after(() => browser.close());
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 1000 } });
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(service.address);
  await page.getByText('labelled to train on').waitFor();
  return { service, page, complaints };
}

/** Presses Tab until the element of this role and name has the focus. */
async function tabTo(page, role, name) {
  const wanted = page.getByRole(role, { name, exact: true });
  for (let i = 0; i < MOST_TABS; i++) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      const ring = await wanted.evaluate((element) => getComputedStyle(element).outlineStyle);
      assert.equal(ring, 'solid', `${name} has no ring`);
      return wanted;
    }
  }
  throw new Error(`Tab does not reach ${role} ${name}`);
}

const trained = (page, number) =>
  page
    .getByRole('status')
    .filter({ hasText: `Training ${number} is done.` })
    .waitFor({ timeout: 30_000 });

async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder !== undefined) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

test('everything is done by the keyboard: train, score, label, choose a version', { skip: WITHOUT }, async (t) => {
  const { service, page, complaints } = await open(t);
  await tabTo(page, 'spinbutton', 'Epochs');
  await page.keyboard.type('8');
  await tabTo(page, 'button', 'Train');
  await page.keyboard.press('Enter');
  await trained(page, 1);
  await page.getByText('version 1', { exact: true }).waitFor();
  // The curves are said, and drawn.
  await page.getByRole('img', { name: /^Loss: training \d\.\d{3}, held back \d\.\d{3}$/ }).waitFor();
  await page.waitForFunction(() => {
    const canvas = document.querySelector('#loss canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value !== 0);
  });

  await tabTo(page, 'textbox', 'A text of up to 500 words');
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('this film was lovely but dull and awful');
  await tabTo(page, 'button', 'Score it');
  await page.keyboard.press('Space');
  const words = page.getByRole('list', { name: 'The score after every word' }).getByRole('listitem');
  await words.nth(7).waitFor();
  const sides = await words.evaluateAll((items) => items.map((item) => item.dataset.side));
  const { json } = await service.ask('POST', '/score', { text: 'this film was lovely but dull and awful' });
  assert.deepEqual(
    sides,
    json.words.map(({ score }) => (score > 0.5 ? 'positive' : 'negative')),
  );
  await tabTo(page, 'button', 'It is negative');
  await page.keyboard.press('Enter');
  await page.getByText('Kept as negative').waitFor();

  const waiting = page.locator('#label-text');
  assert.equal(await waiting.textContent(), 'a fine film without a label');
  await page.locator('#label-skip').focus();
  await page.keyboard.press('Enter');
  await page.getByText('another <b>one</b>').waitFor();
  await page.locator('#label-1').focus();
  await page.keyboard.press('Enter');
  await page.getByText('a fine film without a label').waitFor();
  const { texts, counts } = await service.get('/texts?after=400');
  assert.deepEqual(
    texts.map(({ label }) => label),
    [null, 1, 0],
  );
  await page
    .locator('#texts')
    .filter({ hasText: String(counts.texts) })
    .waitFor();

  await service.ask('POST', '/trainings', { epochs: 1, learningRate: 1e-6, length: 30 });
  await trained(page, 2);
  const choose = await tabTo(page, 'button', 'Put version 2 into service');
  await page.keyboard.press('Enter');
  await page.getByText('version 2', { exact: true }).waitFor();
  assert.ok(
    await page.getByRole('button', { name: 'Version 2 is in service' }).evaluate((e) => e === document.activeElement),
  );
  await choose.waitFor({ state: 'detached' });
  await tabTo(page, 'combobox', 'Version');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  assert.match(await page.locator('#confusion caption').textContent(), /^Version 1 on \d+ texts/);
  assert.deepEqual(complaints, []);
});

test('a training is cancelled, and what fails is said', { skip: WITHOUT }, async (t) => {
  const { service, page } = await open(t);
  await service.ask('POST', '/trainings', { epochs: 1000, length: 30 });
  const cancel = page.getByRole('button', { name: 'Cancel' });
  await page.locator('#cancel:enabled').waitFor();
  await cancel.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Training 1 was cancelled.').waitFor();
  // Nothing is in service: the score fails in words.
  await tabTo(page, 'button', 'Score it');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'the name of a model' }).waitFor();
  await page.locator('#upload-file').setInputFiles({
    name: 'bad.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('text,label\na,7\n'),
  });
  await page.getByRole('button', { name: 'Send' }).press('Enter');
  await page.getByRole('alert').filter({ hasText: 'line 2: expected the label 0 or 1, received "7"' }).waitFor();
});

for (const colorScheme of ['light', 'dark'])
  for (const width of [1280, 360])
    test(`${colorScheme}, ${width} pixels: all can be read`, { skip: WITHOUT }, async (t) => {
      const { service, page, complaints } = await open(t, { colorScheme, width });
      await service.ask('POST', '/trainings', { epochs: 6, length: 30, seed: 1 });
      await trained(page, 1);
      await page.getByRole('button', { name: 'Score it' }).click();
      await page.locator('#try-words li').first().waitFor();
      await page.locator('#confusion table').waitFor();
      await page.waitForTimeout(200);
      await picture(page, `${colorScheme}-${width}`);
      const { poor, isWide, background } = await page.evaluate(look);
      assert.deepEqual(poor, []);
      assert.equal(isWide, false);
      assert.equal(background < 0.2, colorScheme === 'dark');
      assert.deepEqual(complaints, []);
    });

/** In the page: texts whose contrast to what is behind them is below 4.5, and whether the page is wider than its window. */
function look() {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const over = (colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) =>
    element === null ? [] : [...behind(element.parentElement), getComputedStyle(element).backgroundColor];
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!hasText || element.matches(':disabled, [aria-disabled="true"], .skip') || element.offsetParent === null)
      continue;
    const [dark, bright] = [over(behind(element)), over([...behind(element), getComputedStyle(element).color])].sort(
      (a, b) => a - b,
    );
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) poor.push([element.textContent.trim().slice(0, 40), contrast.toFixed(2)]);
  }
  return {
    poor,
    isWide: document.documentElement.scrollWidth > innerWidth,
    background: over(behind(document.body)),
  };
}
