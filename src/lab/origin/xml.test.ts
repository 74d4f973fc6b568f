import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { formatXml, S3_NAMESPACE } from './xml.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

describe('formatXml', () => {
  it('nests elements in their order, and leaves out what is undefined', () => {
    const element = [
      'A',
      [
        ['B', 1],
        ['C', undefined],
        ['D', [['E', true]]],
        ['F', ''],
      ],
    ] as const;
    assert.equal(formatXml(element), `${HEAD}<A><B>1</B><D><E>true</E></D><F></F></A>`);
    assert.equal(formatXml(['A', ''], { namespace: S3_NAMESPACE }), `${HEAD}<A xmlns="${S3_NAMESPACE}"></A>`);
  });

  it('escapes markup and control characters', () => {
    assert.equal(formatXml(['A', '<&>"\r\u0001é😀']), `${HEAD}<A>&lt;&amp;&gt;&quot;&#xd;&#x1;é😀</A>`);
  });
});
