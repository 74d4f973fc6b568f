// That nothing is left of a test's PostgreSQL, however the test ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { describe, it } from 'node:test';

/** A process that has one, says where it is, and ends as it is told to. */
const OWNER = `
  import { startPostgres } from ${JSON.stringify(import.meta.resolve('./postgres-server.test-double.ts'))};
  const server = await startPostgres();
  const folder = new URL(await server.createDatabase()).searchParams.get('host');
  process.once('message', () => process.disconnect());
  process.send(folder);
`;

describe('startPostgres()', () => {
  for (const [how, ends] of [
    ['forgets it', 'forget'],
    ['is killed', 'SIGKILL'],
  ] as const) {
    it(`leaves nothing behind of a process that ${how}`, async () => {
      const args = ['--input-type=module', '--eval', OWNER];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      const [folder] = (await once(child, 'message')) as [string];
      assert.ok(existsSync(folder));
      const watcher = watch(folder);
      const gone = new Promise<void>((resolve) => {
        watcher.on('change', () => existsSync(folder) || resolve());
      });
      if (ends === 'SIGKILL') child.kill(ends);
      else child.send(ends);
      await Promise.all([gone, once(child, 'exit')]);
      watcher.close();
    });
  }
});
