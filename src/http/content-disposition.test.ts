// Content-Disposition: what goes out, and what never does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatContentDisposition } from './content-disposition.ts';
import { isFieldValue } from './field.ts';

const format = (filename: string) => formatContentDisposition('attachment', filename);

test('a plain name needs no extended one', () => {
  assert.equal(format('genome.tar.gz'), 'attachment; filename="genome.tar.gz"');
  assert.equal(format("it's (1); a, b.txt"), 'attachment; filename="it\'s (1); a, b.txt"');
  assert.equal(formatContentDisposition('inline', '.profile'), 'inline; filename=".profile"');
});

test('a name beyond plain ASCII goes out twice', () => {
  assert.equal(format('naïve.txt'), `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`);
  assert.equal(format('€ 5.pdf'), `attachment; filename="_ 5.pdf"; filename*=UTF-8''%E2%82%AC%205.pdf`);
  assert.equal(format('😀'), `attachment; filename="_"; filename*=UTF-8''%F0%9F%98%80`);
  assert.equal(format('"50%"'), `attachment; filename="_50__"; filename*=UTF-8''%2250%25%22`);
  assert.equal(format("é*'()!~"), `attachment; filename="_*'()!~"; filename*=UTF-8''%C3%A9%2A%27%28%29!~`);
});

test('neither a path nor a control nor a change of direction gets into a name', () => {
  assert.equal(format('../../etc/passwd'), 'attachment; filename=".._.._etc_passwd"');
  assert.equal(format('C:\\a.exe'), 'attachment; filename="C:_a.exe"');
  assert.equal(format('a\r\nSet-Cookie: b\0\x7f\x85'), 'attachment; filename="a__Set-Cookie: b___"');
  assert.equal(format('cod\u202egpj.exe\u2028\u2066'), 'attachment; filename="cod_gpj.exe__"');
});

test('what names a folder or nothing is no name', () => {
  assert.equal(format('.'), 'attachment; filename="_"');
  assert.equal(format('..'), 'attachment; filename="_"');
  assert.equal(format(''), 'attachment');
});

test('a lone surrogate becomes the replacement character', () => {
  assert.equal(format('a\ud800b'), `attachment; filename="a_b"; filename*=UTF-8''a%EF%BF%BDb`);
});

test('any name gives one line of ASCII by the grammar, and can be read back', () => {
  const GRAMMAR =
    /^inline(?:; filename="(?<plain>[^"\\%/]+)"(?:; filename\*=UTF-8''(?<extended>(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+))?)?$/;
  const unit = fc.oneof(
    fc.nat(0xffff).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\r', '\n', '"', '\\', '%', '/', '\ud800', '\udfff', "'", '*'),
  );
  fc.assert(
    fc.property(fc.string({ unit }), (filename) => {
      const value = formatContentDisposition('inline', filename);
      const groups = GRAMMAR.exec(value)?.groups;
      assert.ok(groups && isFieldValue(value) && /^[\x20-\x7e]*$/.test(value), value);
      const name = groups['extended'] === undefined ? groups['plain'] : decodeURIComponent(groups['extended']);
      const wellFormed = filename.toWellFormed();
      assert.equal(name?.length ?? 0, wellFormed === '..' ? 1 : wellFormed.length);
    }),
    { numRuns: 2000 },
  );
});
