import { expect } from 'chai';
import fc from 'fast-check';
import {
  effectiveTarget,
  MAX_REASON_LENGTH,
  NO_CLUSTER_DEFAULTS,
  parseClusterDefaults,
  parseInstance,
  parseServiceRule,
  targetId,
} from '../../src/index.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const instance = (fields: string): Uint8Array => encode(`{"address":"10.0.0.7:9100",${fields}}`);
const address = (text: string): Uint8Array => encode(JSON.stringify({ address: text }));
const manyLabels = (count: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, ''])));

/** What each payload is, its bytes, and a part of the reason. */
const PAYLOADS: readonly [string, Uint8Array, RegExp][] = [
  // The document.
  ['1 MB of zeros', new Uint8Array(1_000_000), /^data is 1000000 bytes; allowed: at most 65536/],
  ['1 MB of valid JSON', encode(`{"address":"h:1","x":"${'x'.repeat(1_000_000)}"}`), /^data is 10000\d\d bytes/],
  ['one byte over the cap', encode(`{"address":"h:1"}${' '.repeat(65_536 - 16)}`), /^data is 65537 bytes/],
  ['10^6 labels', instance(`"labels":${manyLabels(1_000_000)}`), /^data is \d+ bytes/],
  ['nothing', new Uint8Array(), /^address is missing/],
  ['invalid UTF-8', Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), /^data is not UTF-8/],
  ['a UTF-8 surrogate', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), /^data is not UTF-8/],
  ['UTF-16', new Uint8Array(Buffer.from('{"address":"h:1"}', 'utf16le')), /^data is ".*; allowed: a JSON object/],
  ['broken JSON', encode('{"address":"h:1"'), /allowed: a JSON object/],
  ['two documents', encode('{"address":"h:1"}{}'), /allowed: a JSON object/],
  ['a trailing comma', encode('{"address":"h:1",}'), /allowed: a JSON object/],
  ['YAML', encode('address: h:1\n'), /^data is "address: h:1\\n"; allowed: a JSON object/],
  ['NaN', instance('"retries":NaN'), /allowed: a JSON object/],
  ['null', encode('null'), /^data is null; allowed: a JSON object/],
  ['a list', encode('[{"address":"h:1"}]'), /^data is a list of 1/],
  ['a number', encode('9100'), /^data is 9100/],
  ['a text', encode('"h:1"'), /^data is "h:1"; allowed: a JSON object/],
  ['deep nesting', encode('['.repeat(30_000) + ']'.repeat(30_000)), /^data is a list of 1/],
  ['an address only in __proto__', encode('{"__proto__":{"address":"h:1"}}'), /^address is missing/],
  [
    'an address only in constructor.prototype',
    encode('{"constructor":{"prototype":{"address":"h:1"}}}'),
    /^address is miss/,
  ],
  // Addresses.
  ['an address of null', encode('{"address":null}'), /^address is null/],
  ['an address that is a number', encode('{"address":9100}'), /^address is 9100/],
  ['an address in parts', encode('{"address":{"host":"h","port":1}}'), /^address is an object of 2 fields/],
  ['a file URL', address('file:///etc/passwd'), /^address is "file:\/\/\/etc\/passwd"/],
  ['an http URL', address('http://h:80/metrics'), /^address/],
  ['user info', address('admin:hunter2@h:9100'), /^address is "\*\*\*@h:9100"/],
  ['a missing port', address('h'), /^address is "h"/],
  ['an empty port', address('h:'), /^address/],
  ['port 0', address('h:0'), /^address is "h:0".*port from 1 to 65535$/],
  ['port 65536', address('h:65536'), /^address/],
  ['port -1', address('h:-1'), /^address/],
  ['port 1e3', address('h:1e3'), /^address/],
  ['port 080', address('h:080'), /^address/],
  ['a port with full-width digits', address('h:９１００'), /^address/],
  ['CR LF', address('h:80\r\nHost: evil'), /^address is "h:80\\r\\nHost: evil"/],
  ['a NUL', address('h\0:80'), /^address is "h\\u0000:80"/],
  ['a space', address(' h:80'), /^address/],
  ['a path', address('h:80/x'), /^address/],
  ['a query', address('h:80?x'), /^address/],
  ['a fragment', address('h#:80'), /^address/],
  ['a backslash', address('h\\evil:80'), /^address/],
  ['an empty host', address(':80'), /^address/],
  ['a decimal IPv4 address (metadata)', address('2852039166:80'), /^address is "2852039166:80"/],
  ['a hexadecimal IPv4 address (metadata)', address('0xa9fea9fe:80'), /^address/],
  ['an octal IPv4 address (metadata)', address('0251.0376.0251.0376:80'), /^address/],
  ['an IPv4 address with a dot at the end', address('169.254.169.254.:80'), /^address/],
  ['a short IPv4 address', address('127.1:80'), /^address/],
  ['an IPv4 address out of range', address('1.2.3.256:80'), /^address/],
  ['a percent-encoded host', address('%31.2.3.4:80'), /^address/],
  ['an IPv6 address without brackets', address('::1:80'), /^address/],
  ['an IPv6 address with a zone', address('[fe80::1%eth0]:80'), /^address/],
  ['broken IPv6', address('[::1::2]:80'), /^address/],
  ['a host beyond ASCII', address('mеtrics.example:80'), /^address/],
  ['a host of 300 characters', address(`${'a'.repeat(300)}:80`), /^address is "a{10,}…/],
  ['empty labels in a host', address('a..b:80'), /^address/],
  ['a redis socket', address('/var/run/x.sock'), /^address/],
  // Durations.
  ['interval 0', instance('"interval":"0"'), /^interval is "0"; allowed: a duration .* from 1ms to 1d$/],
  ['interval 0s', instance('"interval":"0s"'), /^interval is "0s"/],
  ['interval -1s', instance('"interval":"-1s"'), /^interval/],
  ['interval "5"', instance('"interval":"5"'), /^interval is "5"/],
  ['interval 5', instance('"interval":5'), /^interval is 5;/],
  ['interval 1e9', instance('"interval":1e9'), /^interval is 1000000000/],
  ['interval NaN', instance('"interval":"NaN"'), /^interval/],
  ['interval 10 years', instance('"interval":"10 years"'), /^interval is "10 years"/],
  ['interval 10y', instance('"interval":"10y"'), /^interval is "10y"/],
  ['interval 25h', instance('"interval":"25h"'), /^interval/],
  ['interval of 60,000 digits', instance(`"interval":"${'9'.repeat(60_000)}s"`), /^interval is "9{10,}…/],
  ['interval null', instance('"interval":null'), /^interval is null/],
  ['interval true', instance('"interval":true'), /^interval is true/],
  ['timeout 0', instance('"timeout":"0"'), /^timeout/],
  ['timeout of a list', instance('"timeout":["1s"]'), /^timeout is a list of 1/],
  // Numbers.
  ['retries "2"', instance('"retries":"2"'), /^retries is "2"; allowed: a whole number from 0 to 100$/],
  ['retries 1.5', instance('"retries":1.5'), /^retries/],
  ['retries -1', instance('"retries":-1'), /^retries/],
  ['retries 1e999', instance('"retries":1e999'), /^retries is Infinity/],
  ['retries 1e9', instance('"retries":1e9'), /^retries/],
  ['sample_limit 0, which Prometheus takes for none', instance('"sample_limit":0'), /^sample_limit/],
  ['body_size_limit 0', instance('"body_size_limit":0'), /^body_size_limit/],
  ['body_size_limit 1PB', instance('"body_size_limit":"1PB"'), /^body_size_limit/],
  ['body_size_limit of a number in a text', instance('"body_size_limit":"16777216"'), /^body_size_limit/],
  ['label_limit 1e6', instance('"label_limit":1000000'), /^label_limit/],
  // Scheme, path, parameters.
  ['scheme file', instance('"scheme":"file"'), /^scheme is "file"; allowed: "http" or "https"/],
  ['scheme HTTP', instance('"scheme":"HTTP"'), /^scheme/],
  ['scheme javascript:', instance('"scheme":"javascript:"'), /^scheme/],
  ['an empty path', instance('"path":""'), /^path/],
  ['a relative path', instance('"path":"metrics"'), /^path/],
  ['a path that is a host', instance('"path":"//evil/metrics"'), /^path/],
  ['a path with user info', instance('"path":"@evil/"'), /^path is "\*\*\*@evil\/"/],
  ['a path with a query', instance('"path":"/metrics?x=1"'), /^path.*a query goes to params/],
  ['a path with CR LF', instance('"path":"/\\r\\nX: y"'), /^path is "\/\\r\\nX: y"/],
  ['a path with a backslash', instance('"path":"/\\\\evil"'), /^path/],
  ['a path with a broken escape', instance('"path":"/%zz"'), /^path/],
  ['a path of 2,000 characters', instance(`"path":"/${'a'.repeat(2000)}"`), /^path is "\/a+…/],
  ['params of a text', instance('"params":"a=b"'), /^params is "a=b"/],
  ['params of a list', instance('"params":["a"]'), /^params is a list of 1/],
  ['a parameter that is a number', instance('"params":{"a":1}'), /^params\["a"\] is 1/],
  ['a parameter with an object', instance('"params":{"a":{}}'), /^params\["a"\] is an object of 0 fields/],
  ['a parameter with CR LF', instance('"params":{"a":"\\r\\n"}'), /^params\["a"\] is "\\r\\n"/],
  ['a parameter with a lone surrogate', instance('"params":{"a":"\\ud800"}'), /^params\["a"\]/],
  ['a parameter name with a NUL', instance('"params":{"\\u0000":"a"}'), /^params: a name is "\\u0000"/],
  ['65 parameters', instance(`"params":${manyLabels(65)}`), /^params is an object of 65 fields/],
  // Labels.
  ['labels of a list', instance('"labels":[]'), /^labels is a list of 0/],
  ['65 labels', instance(`"labels":${manyLabels(65)}`), /^labels is an object of 65 fields/],
  ['label service', instance('"labels":{"service":"other"}'), /^labels: a name is "service"/],
  ['label instance', instance('"labels":{"instance":"other"}'), /^labels: a name is "instance"/],
  ['label collector', instance('"labels":{"collector":"other"}'), /^labels: a name is "collector"/],
  ['label __name__', instance('"labels":{"__name__":"up"}'), /^labels: a name is "__name__"/],
  ['label __address__', instance('"labels":{"__address__":"evil:1"}'), /^labels: a name is "__address__"/],
  ['label __proto__', instance('"labels":{"__proto__":{"a":"b"}}'), /^labels: a name is "__proto__"/],
  ['an empty label name', instance('"labels":{"":"x"}'), /^labels: a name is ""/],
  ['a label name with a line feed', instance('"labels":{"a\\nb":"x"}'), /^labels: a name is "a\\nb"/],
  ['a label name of 300 characters', instance(`"labels":{"${'a'.repeat(300)}":"x"}`), /^labels: a name is "a+…/],
  ['a label that is a number', instance('"labels":{"a":1}'), /^labels.a is 1/],
  ['a label with an escape sequence', instance('"labels":{"a":"\\u001b[31m"}'), /^labels.a is "\\u001b\[31m"/],
  ['a label with a bidirectional override', instance('"labels":{"a":"\\u202e"}'), /^labels.a is "\\u202e"/],
  ['a label of 60,000 characters', instance(`"labels":{"a":"${'x'.repeat(60_000)}"}`), /^labels.a is "x+…/],
  // The rest.
  ['an instance key of an object', instance('"instance_key":{}'), /^instance_key/],
  ['an instance key with a line feed', instance('"instance_key":"a\\nb"'), /^instance_key/],
];

describe('hostile instance data', () => {
  for (const [title, data, reason] of PAYLOADS) {
    it(`refuses ${title}, with a reason`, () => {
      const parsed = parseInstance(data);
      expect(parsed).to.have.property('ok', false);
      const text = parsed.ok ? '' : parsed.reason;
      expect(text).to.match(reason);
      expect(text.length).to.be.within(10, MAX_REASON_LENGTH);
      // eslint-disable-next-line no-control-regex
      expect(text).not.to.match(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(text).not.to.include('hunter2');
      expect(parseInstance(data)).to.deep.equal(parsed);
    });
  }

  it('lists at least 60 payloads', () => {
    expect(PAYLOADS.length).to.be.at.least(60);
  });

  it('never reads what Object.prototype holds', () => {
    const polluted: object = { interval: '1ms', labels: { a: 'b' }, address: 'evil:1', min_interval: '1h' };
    const before = Object.getOwnPropertyNames(Object.prototype);
    Object.assign(Object.prototype, polluted);
    try {
      expect(parseInstance(encode('{}'))).to.have.property('ok', false);
      const parsed = parseInstance(encode('{"address":"h:1"}'));
      expect(parsed.ok && Object.keys(parsed.value)).to.deep.equal(['address']);
      const defaults = parseClusterDefaults(encode('{"bounds":{}}'));
      expect(defaults.ok && defaults.value.bounds.minIntervalMs).to.equal(undefined);
      expect(defaults.ok && Object.hasOwn(defaults.value.rule, 'intervalMs')).to.equal(false);
    } finally {
      for (const name of Object.getOwnPropertyNames(Object.prototype).filter((name) => !before.includes(name))) {
        Reflect.deleteProperty(Object.prototype, name);
      }
    }
  });

  it('changes no prototype', () => {
    parseInstance(instance('"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}'));
    parseInstance(instance('"labels":{"__proto__":{"polluted":1}},"params":{"__proto__":"1"}'));
    expect((Object.prototype as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('keeps a parameter named __proto__ as a parameter', () => {
    const parsed = parseInstance(instance('"params":{"__proto__":"1","constructor":["2"]}'));
    const target =
      parsed.ok &&
      effectiveTarget({ id: targetId('s', 'i'), defaults: NO_CLUSTER_DEFAULTS, service: {}, instance: parsed.value });
    expect(target && target.ok && target.value.url).to.equal('http://10.0.0.7:9100/metrics?__proto__=1&constructor=2');
  });

  it('ignores honor_labels and other fields that are the operator’s', () => {
    const parsed = parseInstance(instance('"honor_labels":true,"honor_timestamps":false,"retention":"1h","bounds":{}'));
    expect(parsed).to.deep.equal({ ok: true, value: { address: { host: '10.0.0.7', port: 9100 } } });
  });

  it('never throws, whatever the bytes, and any target that results is plain', () => {
    const keys = ['address', 'interval', 'timeout', 'labels', 'params', 'path', 'scheme', 'retries', 'sample_limit'];
    const document = fc.dictionary(
      fc.oneof(fc.constantFrom(...keys), fc.string({ unit: 'binary' })),
      fc.oneof(fc.constantFrom('h:1', '15s', '/m', 'http', '[::1]:80', '1w'), fc.jsonValue({ maxDepth: 3 })),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map(encode),
      document.map((fields) => encode(JSON.stringify(fields))),
      document.map((fields) => encode(JSON.stringify({ ...fields, address: 'h:1' }))),
    );
    fc.assert(
      fc.property(bytes, (data) => {
        for (const parsed of [parseServiceRule(data), parseClusterDefaults(data)]) {
          expect(parsed.ok || parsed.reason.length <= MAX_REASON_LENGTH).to.equal(true);
        }
        const record = parseInstance(data);
        if (record.ok) {
          const layers = { id: targetId('s', 'i'), defaults: NO_CLUSTER_DEFAULTS, service: {}, instance: record.value };
          const target = effectiveTarget(layers);
          expect(target.ok).to.equal(true);
          expect(target.ok && new URL(target.value.url).username).to.equal('');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
