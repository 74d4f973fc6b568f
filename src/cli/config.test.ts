import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isSluiceError } from '../errors.ts';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { loadConfig, loadServeConfig } from './config.ts';

const CERTIFICATE = createSelfSigned().cert;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-config-'));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'ca.pem'), CERTIFICATE);
  await writeFile(join(folder, 'text.pem'), 'no certificate');
});
after(() => rm(folder, { recursive: true }));

async function write(text: string | Uint8Array): Promise<string> {
  const path = join(folder, 'sluice.yaml');
  await writeFile(path, text);
  return path;
}

/** The lines of the error that a file causes, without the folder. */
async function mistakesIn(text: string | Uint8Array, load: typeof loadConfig = loadConfig): Promise<readonly string[]> {
  const path = await write(text);
  const error: unknown = await load(path).then(
    () => assert.fail(`there is a mistake in ${String(text)}`),
    (reason: unknown) => reason,
  );
  assert.ok(isSluiceError(error, 'bad-config'), String(error));
  return error.message.split('\n').map((line) => line.replaceAll(`${folder}/`, ''));
}

describe('loadConfig', () => {
  it('fills in every default', async () => {
    const config = await loadConfig(await write('stores:\n  aws: { type: s3, region: eu-west-1 }\n'));
    assert.deepEqual(config, {
      path: join(folder, 'sluice.yaml'),
      listen: { host: '127.0.0.1', port: 8080 },
      database: join(folder, 'sluice.db'),
      access: undefined,
      log: 'info',
      stores: new Map([
        [
          'aws',
          {
            type: 's3',
            endpoint: undefined,
            region: 'eu-west-1',
            pathStyle: false,
            credentials: undefined,
            maxConnections: 1024,
            ca: undefined,
          },
        ],
      ]),
      timeouts: {
        connectMs: 5_000,
        headMs: 30_000,
        upstreamStallMs: 30_000,
        downstreamStallMs: 120_000,
      },
      limits: { transfers: 10_000, bytesPerSecond: undefined, principal: {} },
      ledger: { journal: join(folder, 'journal'), maxJournalBytes: 1 << 30 },
      away: { serveKnownMs: 600_000 },
      drain: { timeoutMs: 30_000, delayMs: 0 },
      memory: { budgetBytes: 256 << 20, waitMs: 5_000 },
      readahead: { maxBytes: 64 << 20, connections: 12 },
      park: { afterMs: 5_000 },
      minimumRate: undefined,
      kernel: 'auto',
    });
  });

  it('reads who may have what, and takes a database by its URL as it is', async () => {
    const granted = await loadServeConfig(
      await write('access: granted\ndatabase: postgres://u:p@db/books\nstores: { disk: { type: file, root: data } }\n'),
    );
    assert.deepEqual(
      [granted.database, granted.access],
      ['postgres://u:p@db/books', { kind: 'granted', jwt: undefined, maxLinkLifetimeMs: 7 * 86_400_000 }],
    );
    const jwt = { issuer: 'https://id.example.org', audience: 'data', grants: { staff: ['runs'] } };
    const text = JSON.stringify({
      access: { jwt, links: { maxLifetimeMs: 5 } },
      stores: { disk: { type: 'file', root: 'data' } },
    });
    const { access } = await loadServeConfig(await write(text));
    assert.deepEqual(access, { kind: 'granted', jwt, maxLinkLifetimeMs: 5 });
  });

  it('takes every setting, with paths beside the file', async () => {
    const config = await loadServeConfig(
      await write(`
listen: '[::1]:0'
database: sub/../my.db
access: public
log: silent
stores:
  archive:
    type: s3
    endpoint: https://s3.example.org:9000/
    region: us-east-1
    pathStyle: false
    credentials: { accessKeyId: id, secretAccessKey: secret, sessionToken: token }
    maxConnections: 7
    caFile: ./ca.pem
  open: { type: s3, region: r, endpoint: 'http://[::1]:9', credentials: anonymous }
  named: { type: s3, region: r, credentials: { profile: me } }
  disk: { type: file, root: data }
timeouts: { connectMs: 1, headMs: 2, upstreamStallMs: 3, downstreamStallMs: 4 }
limits: { transfers: 6, bytesPerSecond: 1GiB, principal: { transfers: 2, bytesPerSecond: 64KiB, bytesPerDay: 5TiB } }
ledger: { journal: rows, maxJournal: 2GiB }
away: { serveKnownMs: 11 }
drain: { timeoutMs: 12, delayMs: 13 }
memory: { budget: 1GiB, waitMs: 7 }
readahead: { maxBytes: 512KiB, connections: 8 }
park: { afterMs: 9 }
minimumRate: { bytes: 64KiB, windowMs: 10 }
kernel: off
`),
    );
    assert.deepEqual(config.listen, { host: '::1', port: 0 });
    assert.equal(config.database, join(folder, 'my.db'));
    assert.deepEqual([config.access, config.log], [{ kind: 'public' }, 'silent']);
    assert.deepEqual(config.limits, {
      transfers: 6,
      bytesPerSecond: 1 << 30,
      principal: { transfers: 2, bytesPerSecond: 64 << 10, bytesPerDay: 5 * 2 ** 40 },
    });
    assert.deepEqual(config.ledger, { journal: join(folder, 'rows'), maxJournalBytes: 2 * 2 ** 30 });
    assert.deepEqual([config.away, config.drain], [{ serveKnownMs: 11 }, { timeoutMs: 12, delayMs: 13 }]);
    assert.deepEqual(config.memory, { budgetBytes: 1 << 30, waitMs: 7 });
    assert.deepEqual(config.readahead, { maxBytes: 512 << 10, connections: 8 });
    assert.deepEqual([config.park, config.kernel], [{ afterMs: 9 }, 'off']);
    assert.deepEqual(config.minimumRate, { bytes: 64 << 10, windowMs: 10 });
    assert.deepEqual(Object.values(config.timeouts), [1, 2, 3, 4]);
    assert.deepEqual(config.stores.get('archive'), {
      type: 's3',
      endpoint: 'https://s3.example.org:9000',
      region: 'us-east-1',
      pathStyle: false,
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
      maxConnections: 7,
      ca: CERTIFICATE,
    });
    const open = config.stores.get('open');
    assert.ok(open?.type === 's3' && open.pathStyle && open.credentials === 'anonymous');
    assert.deepEqual(config.stores.get('disk'), { type: 'file', root: join(folder, 'data') });
  });

  it('reads aliases, and keys that are written in quotes', async () => {
    const config = await loadConfig(
      await write(`"stores": { a: { type: s3, region: &here us-east-1 }, 'b': { type: s3, region: *here } }`),
    );
    assert.deepEqual([...config.stores.keys()], ['a', 'b']);
  });

  it('tells every mistake, each with its line, its key, what it got and what it wants', async () => {
    const lines = await mistakesIn(`listen: 127.0.0.1:99999
lissen: 127.0.0.1:80
log: loud
stores:
  archive:
    type: s3
    region: 5
    pathStile: true
    maxConnections: 0
  disk:
    type: file
    root: ./nowhere
  tape: { type: tape }
  My Store: { type: file, root: data }
timeouts: { connectMs: 2.5, headms: 1 }
`);
    const starts = [
      'sluice.yaml:1: listen: got "127.0.0.1:99999", want a port from 0 to 65535',
      'sluice.yaml:2: lissen: got an unknown key, want listen',
      'sluice.yaml:3: log: got "loud", want one of fatal, error, warn, info, debug, trace, silent',
      'sluice.yaml:7: stores.archive.region: got 5, want a string',
      'sluice.yaml:8: stores.archive.pathStile: got an unknown key, want pathStyle',
      'sluice.yaml:9: stores.archive.maxConnections: got 0, want a whole number from 1 to 65535',
      'sluice.yaml:12: stores.disk.root: got "nowhere", which is not there, want a folder',
      'sluice.yaml:13: stores.tape.type: got "tape", want s3 or file',
      'sluice.yaml:14: stores."My Store": got this name, want at most 63 of a to z',
      'sluice.yaml:15: timeouts.connectMs: got 2.5, want a whole number of milliseconds from 1 to 86400000',
      'sluice.yaml:15: timeouts.headms: got an unknown key, want headMs',
    ];
    assert.equal(lines.length, starts.length, lines.join('\n'));
    lines.forEach((line, index) => assert.ok(line.startsWith(starts[index]!), line));
  });

  it('wants access to be said before anything is served', async () => {
    const lines = await mistakesIn('stores: { disk: { type: file, root: data } }', loadServeConfig);
    assert.match(lines[0]!, /^sluice\.yaml:1: access: got nothing, want public or granted; /);
    assert.equal(lines.length, 1);
  });

  it('tells a missing file, a folder, and what is no text', async () => {
    const missing = join(folder, 'missing.yaml');
    await assert.rejects(loadConfig(missing), { message: /missing\.yaml: there is no such file; want .* --config$/ });
    await assert.rejects(loadConfig(folder), { message: /: got a folder, want the path of a configuration file$/ });
    assert.match((await mistakesIn(Buffer.from([0x73, 0xff])))[0]!, /got a file that is no UTF-8/);
  });
});

describe('loadConfig, one mistake at a time', () => {
  const s3 = (more: string) => `stores: { a: { type: s3, region: r, ${more} } }`;
  const cases: readonly (readonly [yaml: string, message: string])[] = [
    ['', '1: got an empty file, want at least "stores:"'],
    ['# nothing but a comment\n', '1: got an empty file'],
    ['- a\n', '1: got a list, want a map of settings'],
    ['5', '1: got 5, want a map of settings'],
    ['{}', '1: stores: got nothing, want a map of at least one store'],
    ['stores:', '1: stores: got nothing, want a map of at least one store'],
    ['stores: {}', '1: stores: got an empty map, want a map of at least one store'],
    ['stores: [a]', '1: stores: got a list, want a map of at least one store'],
    ['stores:\n  a: 5', '2: stores.a: got 5, want a map that begins with "type: s3" or "type: file"'],
    ['stores:\n  a:', '2: stores.a: got nothing, want a map that begins with'],
    ['stores:\n  a: {}', '2: stores.a.type: got nothing, want s3 or file'],
    ['stores:\n  a: { type: file }', '2: stores.a.root: got nothing, want a string: the path of the folder'],
    ['stores: { a: { type: file, root: ca.pem } }', '1: stores.a.root: got "ca.pem", which is no folder'],
    ['stores: { a: { type: s3 } }', "1: stores.a.region: got nothing, want a string: the region's name"],
    ['stores: { a: { type: file, root: data }, a: { type: file, root: data } }', '1: stores.a: got it a second time'],
    ['stores: { a: { type: file, root: data } }\nlog: info\nlog: info', '3: log: got it a second time, want it once'],
    ['stores: { a: { type: file, root: data } }\nlimits:', '2: limits: got nothing, want a map of limits'],
    ['stores: { a: { type: file, root: data } }\nlisten: 8080', '2: listen: got 8080, want a host and a port'],
    [
      "stores: { a: { type: file, root: data } }\nlisten: '[::g]:1'",
      '2: listen: got "[::g]:1", want a host and a port',
    ],
    ["stores: { a: { type: file, root: data } }\nlisten: '[1::2::3]:1'", '2: listen: got "[1::2::3]:1", want a port'],
    ['stores: { a: { type: file, root: data } }\naccess: private', '2: access: got "private", want public, which'],
    ['stores: { a: { type: file, root: data } }\n__proto__: { x: 1 }', '2: __proto__: got an unknown key, want one of'],
    [s3('endpoint: s3.example.org'), '1: stores.a.endpoint: got "s3.example.org", want an http or https URL'],
    [s3('endpoint: "https://h:99999"'), '1: stores.a.endpoint: got "https://h:99999", which is no URL'],
    [s3('endpoint: https://h/path'), '1: stores.a.endpoint: got "https://h/path", want an http or https URL without'],
    [s3('pathStyle: yes'), '1: stores.a.pathStyle: got "yes", want true or false'],
    [s3('caFile: ./gone.pem'), '1: stores.a.caFile: got "gone.pem", which cannot be read, want a PEM file'],
    [s3('caFile: ./text.pem'), '1: stores.a.caFile: got "text.pem", which has no certificate in it, want a PEM file'],
    [
      s3('caFile: ca.pem, endpoint: "http://h"'),
      '1: stores.a.caFile: got a certificate authority for an http endpoint',
    ],
    [s3('credentials:'), '1: stores.a.credentials: got nothing, want anonymous, { profile: NAME }, or'],
    [s3('credentials: {}'), '1: stores.a.credentials: got an empty map, want anonymous'],
    [s3('credentials: { profil: x }'), '1: stores.a.credentials.profil: got an unknown key, want profile'],
    [s3('credentials: { accessKeyId: a }'), '1: stores.a.credentials.secretAccessKey: got nothing, want a string'],
    ['stores: [a', '1: got the wrong indentation or an open bracket'],
    ['log: "info\n', '2: got something unfinished'],
    ['stores:\n\ta: 1', '2: got a tab as indentation, want spaces'],
    ['log: info\n   x: 1', '1: got keys that are indented below a value'],
    ['log: info\n---\nlog: info', '2: got a second document after ---, want one'],
    ['log: *level', '1: got an alias that no anchor stands for'],
    ['log: !level info', '1: got an unknown tag'],
    ['log: @info', '1: got a value that begins with a reserved character, want it in quotes'],
  ];
  for (const [yaml, message] of cases) {
    it(JSON.stringify(yaml), async () => {
      const lines = await mistakesIn(yaml);
      assert.ok(lines[0]!.startsWith(`sluice.yaml:${message}`), lines.join('\n'));
      assert.equal(lines.length, 1, lines.join('\n'));
    });
  }

  it('stops at aliases that would fill the memory', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`,
    );
    const lines = await mistakesIn(`a0: &a0 [x]\n${levels.join('\n')}\n`);
    assert.match(lines[0]!, /got too many aliases/);
  });
});
