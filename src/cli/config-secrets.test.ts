import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { loadConfig } from './config.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-secrets-'));
});
after(() => rm(folder, { recursive: true }));

const store = (text: string) => `stores: { a: { type: s3, region: r, ${text} } }`;

/** Each is wrong in its own way, with the secret where somebody might well put it. */
const FILES = [
  store(`credentials: ${SECRET}`),
  store(`credentials: [${SECRET}]`),
  store(`credentials: { ${SECRET} }`),
  store(`credentials: { ${SECRET}: x, profile: 5 }`),
  store(`credentials: { secretAccessKey: ${SECRET} }`),
  store(`credentials: { profile: [${SECRET}] }`),
  store(`credentials: { accessKeyId: { ${SECRET}: x }, secretAccessKey: ${SECRET} }`),
  store(`credentials: { accessKeyId: a, secretAccessKey: [${SECRET}] }`),
  store(`credentials: { accessKeyId: a, secretAccesKey: ${SECRET} }`),
  store(`credentials: { accessKeyId: a, secretAccessKey: ${SECRET}, secretAccessKey: ${SECRET}, x: 1 }`),
  store(`credentials: { accessKeyId: a, secretAccessKey: *${SECRET} }`),
  store(`credentials: { accessKeyId: a, secretAccessKey: !${SECRET} }`),
  store(`credentials: { accessKeyId: a, secretAccessKey: "\\${SECRET}" }`),
  store(`credentials: { accessKeyId: a, secretAccessKey: "${SECRET}`),
  store(`credentials: { accessKeyId: a, secretAccessKey: @${SECRET} }`),
  store(`credentials: { accessKeyId: a, secretAccessKey: x } ${SECRET}`),
  store(`secretAccessKey: ${SECRET}`),
  store(`endpoint: https://id:${SECRET}@host`),
  `stores:\n  a:\n    credentials:\n      secretAccessKey: ${SECRET}\n     sessionToken: x\n`,
  `%${SECRET}\n---\nstores: {}\n`,
];

for (const text of FILES) {
  it(`does not repeat the secret of ${JSON.stringify(text.replaceAll(SECRET, '…'))}`, async () => {
    const path = join(folder, 'sluice.yaml');
    await writeFile(path, text);
    await assert.rejects(loadConfig(path), (error: Error) => {
      assert.ok(!error.message.includes(SECRET.slice(0, 6)), error.message);
      assert.match(error.message, /^.*sluice\.yaml:[0-9]+: .*want /);
      return true;
    });
  });
}
