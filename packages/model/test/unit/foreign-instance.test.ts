import { expect } from 'chai';
import fc from 'fast-check';
import {
  effectiveTarget,
  NO_CLUSTER_DEFAULTS,
  parseForeignInstance,
  parseInstance,
  parseServiceRule,
  serializeInstance,
  targetId,
  type ForeignSource,
} from '../../src/index.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const SERVERSET: ForeignSource = { kind: 'serverset', path: '/aurora/web' };
const ADMIN: ForeignSource = { ...SERVERSET, endpoint: 'admin' };
const NERVE: ForeignSource = { kind: 'nerve', path: '/nerve/web' };
const CURATOR: ForeignSource = { kind: 'curator', path: '/discovery/web' };
const TLS: ForeignSource = { ...CURATOR, endpoint: 'sslPort' };

const MEMBER = {
  serviceEndpoint: { host: 'web-1.example', port: 8080 },
  additionalEndpoints: { admin: { host: '10.0.0.7', port: 9990 } },
  status: 'ALIVE',
  shard: 3,
};
const NODE = { host: '10.0.0.7', port: 3000, name: 'i-12ab', weight: 3, haproxy_server_options: 'backup' };
/** As Curator's JsonInstanceSerializer writes it. */
const INSTANCE = {
  name: 'web',
  id: '9a7f0cb0-6d1e-4a52-a2b5-0f4f0ed5c6f1',
  address: '10.0.0.7',
  port: 8080,
  sslPort: null,
  payload: { '@class': 'com.example.Details', labels: 'not ours' },
  registrationTimeUTC: 1_763_805_600_000,
  serviceType: 'DYNAMIC',
  uriSpec: { parts: [{ value: 'scheme', variable: true }] },
  enabled: true,
};

function plain(source: ForeignSource, data: unknown, node = 'x_1'): unknown {
  const parsed = parseForeignInstance(source, node, data instanceof Uint8Array ? data : encode(data));
  if (!parsed.ok) return parsed.reason;
  const { address, labels, scheme } = parsed.value;
  return { at: `${address.host}:${address.port}`, ...(labels && { labels: { ...labels } }), ...(scheme && { scheme }) };
}

/** A name as Nerve makes it with `use_path_encoding`. */
function encodedName(json: string, sequence = '0000000003'): string {
  const encoded = Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return `base64_${encoded.length}_${encoded}_${sequence}`;
}

describe('parseForeignInstance', () => {
  describe('of a server set', () => {
    it('reads the service endpoint and the shard', () => {
      expect(plain(SERVERSET, MEMBER)).to.deep.equal({ at: 'web-1.example:8080', labels: { shard: '3' } });
    });

    it('reads an additional endpoint by its name', () => {
      expect(plain(ADMIN, MEMBER)).to.deep.equal({ at: '10.0.0.7:9990', labels: { shard: '3' } });
    });

    it('reads a member without shard, status and additional endpoints', () => {
      expect(plain(SERVERSET, { serviceEndpoint: { host: '::1', port: 1 } })).to.deep.equal({ at: '::1:1' });
    });

    it('takes a member whatever its status: whether it answers is for the scrape to say', () => {
      expect(plain(SERVERSET, { ...MEMBER, status: 'STOPPING' })).to.have.property('at', 'web-1.example:8080');
    });

    const wrong: readonly [string, ForeignSource, unknown, string][] = [
      ['a vector', SERVERSET, { vector: [] }, 'serviceEndpoint is missing; allowed: an object with host and port'],
      ['an endpoint that is a text', SERVERSET, { serviceEndpoint: 'h:1' }, 'serviceEndpoint is "h:1"'],
      ['no such endpoint', { ...ADMIN, endpoint: 'http' }, MEMBER, 'additionalEndpoints["http"] is missing'],
      ['an inherited endpoint', { ...ADMIN, endpoint: 'constructor' }, MEMBER, 'additionalEndpoints["constructor"]'],
      ['no additional endpoints', ADMIN, { ...MEMBER, additionalEndpoints: [] }, 'additionalEndpoints["admin"]'],
      [
        'port 0',
        SERVERSET,
        { serviceEndpoint: { host: 'h', port: 0 } },
        'serviceEndpoint.port is 0; allowed: a whole number from 1 to 65535',
      ],
      ['a port as a text', SERVERSET, { serviceEndpoint: { host: 'h', port: '80' } }, 'serviceEndpoint.port is "80"'],
      ['no host', SERVERSET, { serviceEndpoint: { port: 80 } }, 'serviceEndpoint.host is missing; allowed: a DNS name'],
    ];
    for (const [what, source, data, reason] of wrong) {
      it(`refuses ${what}`, () => {
        expect(plain(source, data)).to.include(reason);
      });
    }
  });

  describe('of Nerve', () => {
    it('reads host and port', () => {
      expect(plain(NERVE, NODE)).to.deep.equal({ at: '10.0.0.7:3000' });
    });

    it('reads a port that is a text, as Nerve hands on what it was given', () => {
      expect(plain(NERVE, { ...NODE, port: '3000' })).to.deep.equal({ at: '10.0.0.7:3000' });
      expect(plain(NERVE, { ...NODE, port: '70000' })).to.include('port is 70000');
      expect(plain(NERVE, { ...NODE, port: '0x50' })).to.include('port is "0x50"');
    });

    it('takes the labels that can be labels, and leaves the others out', () => {
      const labels = { az: 'a', 'region:eu': '', 'a-b': '1', empty: '', instance: 'me', __x: '1', n: 1, odd: 'a\nb' };
      expect(plain(NERVE, { ...NODE, labels })).to.deep.equal({ at: '10.0.0.7:3000', labels: { az: 'a' } });
      expect(plain(NERVE, { ...NODE, labels: 'none' })).to.deep.equal({ at: '10.0.0.7:3000' });
    });

    it('refuses more labels than a rule may have', () => {
      const labels = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x']));
      expect(plain(NERVE, { ...NODE, labels })).to.equal('labels is 65 labels; allowed: at most 64');
    });

    it('reads what is encoded in the name rather than the data', () => {
      const name = encodedName(JSON.stringify({ ...NODE, host: '10.0.0.8', labels: { az: 'b?>' } }));
      expect(plain(NERVE, NODE, name)).to.deep.equal({ at: '10.0.0.8:3000', labels: { az: 'b?>' } });
      expect(plain(NERVE, new Uint8Array(), name)).to.have.property('at', '10.0.0.8:3000');
    });

    it('reads the data where the name is not such an encoding', () => {
      for (const name of ['base64_x', 'base64_5_abcd_1', 'base64_4_ab.d_1', 'base64_4_abcd', 'base64_999999_a_1']) {
        expect(plain(NERVE, NODE, name), name).to.deep.equal({ at: '10.0.0.7:3000' });
      }
    });

    it('refuses a name that encodes no record, with the reason', () => {
      expect(plain(NERVE, NODE, encodedName('{"host":'))).to.include('data is "{\\"host\\":"; allowed: a JSON object');
      expect(plain(NERVE, NODE, encodedName('{"host":"h"}'))).to.include('port is missing');
    });
  });

  describe('of Curator', () => {
    it('reads address and port', () => {
      expect(plain(CURATOR, INSTANCE)).to.deep.equal({ at: '10.0.0.7:8080' });
    });

    it('takes the TLS port with https where it is asked for, or the only one', () => {
      expect(plain(TLS, { ...INSTANCE, sslPort: 8443 })).to.deep.equal({ at: '10.0.0.7:8443', scheme: 'https' });
      expect(plain(CURATOR, { ...INSTANCE, port: null, sslPort: 8443 })).to.deep.equal({
        at: '10.0.0.7:8443',
        scheme: 'https',
      });
    });

    it('reads what the old serializer wrote, without enabled', () => {
      const { enabled: _enabled, ...old } = INSTANCE;
      expect(plain(CURATOR, old)).to.deep.equal({ at: '10.0.0.7:8080' });
    });

    it('refuses an instance without a port, and one without the port that is asked for', () => {
      expect(plain(CURATOR, { ...INSTANCE, port: null })).to.include('port is null; allowed: a whole number');
      expect(plain(TLS, INSTANCE)).to.include('sslPort is null');
      expect(plain({ ...CURATOR, endpoint: 'port' }, { ...INSTANCE, port: null, sslPort: 1 })).to.include(
        'port is null',
      );
    });

    it('refuses an address that is a URL or carries credentials', () => {
      expect(plain(CURATOR, { ...INSTANCE, address: 'http://h' })).to.include('address is "http://h"');
      expect(plain(CURATOR, { ...INSTANCE, address: 'me:secret@h' })).to.include('address is "***@h"');
      expect(plain(CURATOR, { ...INSTANCE, address: '2852039166' })).to.include('address is "2852039166"');
    });
  });

  describe('gives relabelling', () => {
    const metaOf = (source: ForeignSource, data: unknown, node = 'x_1'): unknown => {
      const parsed = parseForeignInstance(source, node, encode(data));
      return parsed.ok ? { ...parsed.value.meta } : parsed.reason;
    };

    it('what Prometheus gives of a server set', () => {
      const additionalEndpoints = { 'http-admin': { host: '10.0.0.7', port: 9990 } };
      expect(metaOf(SERVERSET, { ...MEMBER, additionalEndpoints })).to.deep.equal({
        __meta_serverset_path: '/aurora/web/x_1',
        __meta_serverset_endpoint_host: 'web-1.example',
        __meta_serverset_endpoint_port: '8080',
        __meta_serverset_endpoint_host_http_admin: '10.0.0.7',
        __meta_serverset_endpoint_port_http_admin: '9990',
        __meta_serverset_status: 'ALIVE',
        __meta_serverset_shard: '3',
      });
    });

    it('what Prometheus gives of Nerve', () => {
      expect(metaOf(NERVE, NODE)).to.deep.equal({
        __meta_nerve_path: '/nerve/web/x_1',
        __meta_nerve_endpoint_host: '10.0.0.7',
        __meta_nerve_endpoint_port: '3000',
        __meta_nerve_endpoint_name: 'i-12ab',
      });
    });

    it('the fields of Curator that are not null', () => {
      expect(metaOf(CURATOR, INSTANCE)).to.deep.equal({
        __meta_curator_path: '/discovery/web/x_1',
        __meta_curator_id: '9a7f0cb0-6d1e-4a52-a2b5-0f4f0ed5c6f1',
        __meta_curator_name: 'web',
        __meta_curator_port: '8080',
        __meta_curator_service_type: 'DYNAMIC',
        __meta_curator_enabled: 'true',
      });
    });

    it('nothing that is too long, no text, or has control characters', () => {
      const status = 'x'.repeat(1025);
      const meta = metaOf(SERVERSET, { ...MEMBER, additionalEndpoints: { a: { host: 'a\nb', port: {} } }, status });
      expect(Object.keys(meta as object)).to.deep.equal([
        '__meta_serverset_path',
        '__meta_serverset_shard',
        '__meta_serverset_endpoint_host',
        '__meta_serverset_endpoint_port',
      ]);
    });

    it('so that a rule can drop what is not alive, and none of it becomes a label', () => {
      const rule = parseServiceRule(
        encode({ relabel_configs: [{ source_labels: ['__meta_serverset_status'], regex: 'ALIVE', action: 'keep' }] }),
      );
      const targetOf = (status: string): unknown => {
        const parsed = parseForeignInstance(SERVERSET, 'member_1', encode({ ...MEMBER, status }));
        if (!parsed.ok || !rule.ok) throw new Error('they are right');
        const id = targetId('web', 'member_1');
        return effectiveTarget({ id, defaults: NO_CLUSTER_DEFAULTS, service: rule.value, instance: parsed.value });
      };
      expect(targetOf('ALIVE')).to.have.nested.property('value.labels').that.deep.equals({
        service: 'web',
        instance: 'member_1',
        shard: '3',
      });
      expect(targetOf('STOPPING')).to.deep.include({ ok: false, isDropped: true });
    });
  });

  it('refuses what is no JSON object, or too large', () => {
    for (const source of [SERVERSET, NERVE, CURATOR]) {
      expect(plain(source, [])).to.include('data is a list of 0');
      expect(plain(source, Buffer.from([0xff, 0xfe]))).to.include('data is not UTF-8');
      expect(plain(source, Buffer.alloc(65_537, ' '))).to.include('data is 65537 bytes');
      expect(plain(source, new Uint8Array())).to.include('is missing');
    }
  });

  it('gives for any JSON a reason, or an address that our own registration would take too', () => {
    const text = fc.oneof(fc.constantFrom('h', '10.0.0.1', '::1', 'a b', 'x@y', '0x7f.1'), fc.string());
    const port = fc.oneof(fc.constantFrom<unknown>(80, 0, -1, 65_536, 1.5, '80', null), fc.anything());
    const endpoint = fc.record({ host: fc.oneof(text, fc.anything()), port }, { requiredKeys: [] });
    const document = fc.record(
      {
        serviceEndpoint: fc.oneof(endpoint, fc.anything()),
        additionalEndpoints: fc.dictionary(fc.constantFrom('admin', '__proto__'), endpoint),
        host: text,
        address: text,
        port,
        sslPort: port,
        shard: fc.anything(),
        labels: fc.oneof(fc.dictionary(fc.string(), fc.anything()), fc.anything()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        document,
        fc.constantFrom(SERVERSET, ADMIN, NERVE, CURATOR, TLS),
        fc.string(),
        (given, source, node) => {
          let json: string;
          try {
            json = JSON.stringify(given);
          } catch {
            return; // A bigint within: no JSON at all.
          }
          const parsed = parseForeignInstance(source, node, Buffer.from(json));
          if (!parsed.ok) {
            expect(parsed.reason.length).to.be.within(1, 300);
            return;
          }
          const { address, labels } = parsed.value;
          expect(parseInstance(serializeInstance({ address, ...(labels && { labels }) })).ok).to.equal(true);
        },
      ),
    );
  });
});
