import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { isSluiceError } from '../errors.ts';
import { onEveryLocation } from './every-database.test-double.ts';
import { isPostgres, migrateDatabase, nameDatabase, openDatabase } from './open.ts';

onEveryLocation('openDatabase()', (locate) => {
  it('gives the database at a location', async () => {
    const database = await openDatabase(await locate());
    assert.deepEqual(await database.selectFrom('objects').selectAll().execute(), []);
    await database.destroy();
  });
});

describe('a location', () => {
  it('is a PostgreSQL’s by its scheme, and else a path', () => {
    for (const location of ['postgres://h/d', 'postgresql://u:p@h:1/d', 'POSTGRES://h/d']) {
      assert.equal(isPostgres(location), true, location);
    }
    for (const location of ['sluice.db', '/var/lib/sluice.db', ':memory:', 'postgres', 'postgres:/h', './a://b']) {
      assert.equal(isPostgres(location), false, location);
    }
  });

  it('is refused where its scheme is another, without what else is in it', async () => {
    const location = 'mysql://user:geheim@host/db';
    for (const work of [openDatabase(location), migrateDatabase(location)]) {
      await assert.rejects(work, (error) => {
        assert.ok(isSluiceError(error, 'bad-input'));
        assert.match(error.message, /mysql:.*want postgres:/);
        assert.doesNotMatch(inspect(error), /geheim/);
        return true;
      });
    }
  });

  it('is called in logs by what is no secret', () => {
    assert.equal(nameDatabase('/var/lib/sluice.db'), '/var/lib/sluice.db');
    assert.equal(nameDatabase('postgres://u:geheim@db:5433/s?password=geheim'), 'the database s at db:5433');
  });

  it('is refused where it is no URL, without what else is in it', () => {
    for (const location of [
      'postgres://u:geheim@db:port/s',
      'postgres://u:ge%ZZheim@h:x/',
      'postgres://u:1/geheim@db/s',
    ]) {
      assert.throws(
        () => nameDatabase(location),
        (error) => {
          assert.ok(isSluiceError(error, 'bad-input'), inspect(error));
          assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /heim/);
          return true;
        },
      );
    }
  });
});
