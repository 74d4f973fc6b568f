import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

type Ran = { readonly code: number; readonly out: string; readonly err: string };

function sluice(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

describe('sluice', () => {
  it('prints its version, and nothing else', async () => {
    assert.deepEqual(await sluice('--version'), { code: 0, out: `${version}\n`, err: '' });
    assert.deepEqual(await sluice('-V'), { code: 0, out: `${version}\n`, err: '' });
  });

  it('prints a help that names every command and how to begin', async () => {
    const { code, out, err } = await sluice('--help');
    assert.deepEqual([code, err], [0, '']);
    for (const word of ['demo', 'serve', 'catalog', 'lab', 'First steps', './sluice.yaml', '/data/']) {
      assert.ok(out.includes(word), word);
    }
    assert.equal((await sluice('help')).out, out);
  });

  it('prints the help of a command without running it', async () => {
    const direct = await sluice('catalog', 'scan', '--help');
    assert.equal(direct.code, 0);
    assert.match(direct.out, /^Usage: sluice catalog scan .*<location>/);
    const { code, out } = await sluice('help', 'catalog');
    assert.equal(code, 0);
    assert.match(out, /^Usage: sluice catalog /);
  });

  it('exits with 2 and the help when it is not told what to do', async () => {
    for (const args of [[], ['catalog'], ['lab']]) {
      const { code, out, err } = await sluice(...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /^Usage: sluice /);
    }
  });

  it('exits with 2 and one line for a command or an option that is not there', async () => {
    assert.deepEqual(await sluice('srve'), {
      code: 2,
      out: '',
      err: "sluice: unknown command 'srve' (Did you mean serve?)\n",
    });
    assert.deepEqual(await sluice('--prot'), { code: 2, out: '', err: "sluice: unknown option '--prot'\n" });
    const { code, err } = await sluice('catalog', 'list', '--jsn');
    assert.deepEqual([code, err], [2, "sluice: unknown option '--jsn' (Did you mean --json?)\n"]);
  });
});
