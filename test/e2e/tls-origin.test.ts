// An origin behind TLS, with a certificate that only `caFile` vouches for.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { syntheticSha256 } from '../../src/lab/origin/synthetic-bytes.ts';
import { openLeavingClient } from './leaving-client.ts';
import { runProgram } from './program.ts';
import { BIG, startWorld, within } from './world.ts';

const SEALED = { id: 'sealed', size: 50_000_001, seed: 11 };

const world = await startWorld({ objects: [SEALED, BIG], tls: true });

describe('an origin that speaks TLS, with an authority of its own', () => {
  after(() => world.close());

  it('is read byte for byte', async () => {
    const { code, outBytes, outSha256 } = await runProgram('curl', ['-sS', '--fail', world.urlOf(SEALED.id)]);
    const expected = await syntheticSha256(SEALED);
    assert.deepEqual({ code, outBytes, outSha256 }, { code: 0, outBytes: SEALED.size, outSha256: expected });
  });

  it('is let go of when the client hangs up', async () => {
    const client = await openLeavingClient(world.urlOf(BIG.id));
    await client.takeBody(10);
    client.reset();
    const { meter } = world.origin;
    const underWay = () =>
      meter.until(({ requests }) => requests.every(({ endedAt }) => endedAt !== undefined) || undefined);
    await within(underWay(), 'the origin to be told', 1_000);
  });
});
