import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { ACCEPT_HEADER, ACCEPT_HEADER_TEXT_ONLY, formatOfContentType } from '../../src/index.ts';
import { CONFORMANCE_DIR } from './conformance-cases.ts';

describe('formatOfContentType', () => {
  it('goes by the media type', () => {
    expect(formatOfContentType('text/plain')).to.equal('prometheus-text');
    expect(formatOfContentType('text/plain; version=0.0.4; charset=utf-8')).to.equal('prometheus-text');
    expect(formatOfContentType('text/plain; version = 0.0.4;charset= "utf-8"')).to.equal('prometheus-text');
    expect(formatOfContentType('Text/Plain;version="0.0.4"')).to.equal('prometheus-text');
    expect(formatOfContentType('application/openmetrics-text; version=1.0.0; charset=utf-8;')).to.equal('openmetrics');
  });

  it('has no format for what is missing, malformed or something else, unless told a fallback', () => {
    const headers = [
      undefined,
      '',
      'text',
      'text/',
      '/',
      'invalid/invalid/invalid',
      'text/html',
      'text/plain; x',
      'text/plain; a=1; A=2',
      'text/plain x',
      `text/plain; x="${'y'.repeat(2000)}"`,
    ];
    for (const header of headers) {
      expect(formatOfContentType(header), header).to.equal(undefined);
      expect(formatOfContentType(header, { fallback: 'openmetrics' }), header).to.equal('openmetrics');
    }
  });

  it('never reads protobuf as text', () => {
    const header = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
    expect(formatOfContentType(header, { fallback: 'prometheus-text' })).to.equal(undefined);
  });

  it('agrees with Prometheus on its own cases', function () {
    const file = join(CONFORMANCE_DIR, 'aux', 'content_types.json');
    if (!existsSync(file)) this.skip();
    const { content_type_to_parser: cases, accept_header: headers } = JSON.parse(readFileSync(file, 'utf8')) as {
      content_type_to_parser: { source: string; content_type: string; fallback: string | null; parser: string }[];
      accept_header: { name: string; expected_accept: string }[];
    };
    const formats: Record<string, string> = { prom: 'prometheus-text', openmetrics: 'openmetrics' };
    let checked = 0;
    for (const { source, content_type, fallback, parser } of cases) {
      if (!source.startsWith('prometheus model/textparse') || parser === 'protobuf') continue;
      const assumed =
        fallback === null ? undefined : fallback.includes('OpenMetrics') ? 'openmetrics' : 'prometheus-text';
      expect(formatOfContentType(content_type, { fallback: assumed }), content_type).to.equal(formats[parser]);
      checked++;
    }
    expect(checked).to.be.greaterThan(10);
    expect(headers.find(({ name }) => name === 'default scrape protocols with no escaping')?.expected_accept).to.equal(
      ACCEPT_HEADER,
    );
  });
});

describe('Accept headers', () => {
  it('prefer OpenMetrics, or leave it out', () => {
    expect(ACCEPT_HEADER).to.match(/^application\/openmetrics-text;version=1\.0\.0;.*,\*\/\*;q=0\.2$/);
    expect(ACCEPT_HEADER_TEXT_ONLY).not.to.include('openmetrics');
  });
});
