import { InvalidRegistrationError } from '@pulsekeeper/registry';
import { createServer } from 'node:http';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { checkPatch, checkRegisterOptions } from '../../src/check-options.ts';
import { register } from '../../src/register.ts';

const RIGHT = { service: 'shop', port: 80 };

/** `<field> is <value>; allowed: …`, as the error says it. */
function refusalOf(check: () => void): { field: string; message: string } {
  try {
    check();
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidRegistrationError);
    const { field, message } = error as InvalidRegistrationError;
    return { field, message };
  }
  throw new Error('it was taken');
}

describe('checkRegisterOptions', () => {
  it('takes whatever is documented', () => {
    const options = {
      ...RIGHT,
      instance: 'a',
      host: '::1',
      listenHost: '127.0.0.1',
      server: createServer(),
      metrics: new Registry(),
      zookeeper: 'h1:2181,h2/x',
      sessionTimeout: 4000,
      auth: [{ scheme: 'digest', credentials: 'me:secret' }],
      acl: 'creator-all',
      tls: { ca: 'PEM' },
      waitMs: Number.POSITIVE_INFINITY,
      nameTakenGraceMs: 0,
      closeOnSignals: ['SIGTERM', 'SIGINT'],
      instanceKey: 'k',
      signal: AbortSignal.timeout(1000),
      interval: '5s',
      labels: { team: 'a' },
      logger: undefined,
    };
    expect(() => checkRegisterOptions(options)).to.not.throw();
  });

  const wrong: readonly (readonly [options: unknown, field: string, says: RegExp])[] = [
    [undefined, 'options', /^options is missing; allowed: an object/],
    ['shop', 'options', /^options is "shop"/],
    [{}, 'service', /^service is missing; allowed: a text/],
    [{ ...RIGHT, service: 5 }, 'service', /^service is 5/],
    [{ ...RIGHT, service: 'a/b' }, 'service', /^service is "a\/b"; allowed: .*"\/"/],
    [{ ...RIGHT, instance: '' }, 'instance', /^instance is ""/],
    [{ ...RIGHT, intervall: '5s' }, 'an option', /^an option is "intervall"; allowed: service, .*interval/],
    [{ ...RIGHT, host: 'a b' }, 'host', /^host is "a b"; allowed: a DNS name/],
    [{ ...RIGHT, host: 5 }, 'host', /^host is 5/],
    [{ ...RIGHT, host: 'me:secret@h' }, 'host', /^host is "\*\*\*@h"/],
    [{ ...RIGHT, listenHost: '' }, 'listenHost', /^listenHost is ""/],
    [{ ...RIGHT, server: {} }, 'server', /allowed: a server of node:http/],
    [{ ...RIGHT, metrics: {} }, 'metrics', /allowed: a registry of prom-client/],
    [{ ...RIGHT, metrics: () => '' }, 'metrics', /^metrics is a function/],
    [{ ...RIGHT, zookeeper: 5 }, 'zookeeper', /^zookeeper is 5; allowed: a connect string/],
    [{ ...RIGHT, auth: { scheme: 'digest' } }, 'auth', /allowed: an object with scheme and credentials/],
    [{ ...RIGHT, acl: 'closed' }, 'acl', /^acl is "closed"; allowed: open, creator-all/],
    [{ ...RIGHT, tls: true }, 'tls', /^tls is true/],
    [{ ...RIGHT, waitMs: Number.NaN }, 'waitMs', /^waitMs is NaN; allowed: a number of milliseconds from 0/],
    [{ ...RIGHT, waitMs: '2s' }, 'waitMs', /^waitMs is "2s"/],
    [{ ...RIGHT, nameTakenGraceMs: -1 }, 'nameTakenGraceMs', /^nameTakenGraceMs is -1/],
    [{ ...RIGHT, closeOnSignals: 'SIGTERM' }, 'closeOnSignals', /^closeOnSignals is "SIGTERM"; allowed: a list/],
    [{ ...RIGHT, closeOnSignals: ['SIGKILL'] }, 'closeOnSignals', /^closeOnSignals is "SIGKILL"/],
    [{ ...RIGHT, closeOnSignals: ['toString'] }, 'closeOnSignals', /^closeOnSignals is "toString"/],
    [{ ...RIGHT, signal: {} }, 'signal', /allowed: an AbortSignal/],
    [{ ...RIGHT, logger: {} }, 'logger', /allowed: a logger/],
  ];
  for (const [options, field, says] of wrong) {
    it(`refuses ${says.source} with the field, the value and what is allowed`, () => {
      const refusal = refusalOf(() => checkRegisterOptions(options));
      expect(refusal.field).to.equal(field);
      expect(refusal.message).to.match(says).and.to.include('; allowed: ');
    });
  }
});

describe('checkPatch', () => {
  it('takes an address and what describes the scrape', () => {
    expect(() => checkPatch({ address: 'h:1', interval: '5s', labels: undefined })).to.not.throw();
  });

  it('refuses what is no patch, and fields that a registration cannot change', () => {
    expect(refusalOf(() => checkPatch(undefined)).message).to.match(/^patch is missing/);
    expect(refusalOf(() => checkPatch({ service: 'x' })).message).to.match(/^a field is "service"; allowed: address/);
  });
});

describe('register, before it does anything', () => {
  const wrong: readonly (readonly [options: object, field: string, says: RegExp])[] = [
    [{ ...RIGHT, zookeeper: 'h:99999/x' }, 'zookeeper', /^zookeeper is "h:99999\/x"; allowed: .*; port "99999" is not/],
    [{ ...RIGHT, acl: 'creator-all' }, 'acl', /^acl is "creator-all"; allowed: open, unless auth/],
    [{ service: 'shop', metrics: new Registry(), address: 'h' }, 'address', /^address is "h"; allowed: "host:port"/],
    [{ ...RIGHT, address: 'h:1' }, 'port', /^port is given together with address; allowed: one of them/],
    [{ ...RIGHT, listenHost: '::1' }, 'listenHost', /^listenHost is given without metrics; allowed: with metrics/],
    [
      { service: 'shop', metrics: new Registry(), scheme: 'https' },
      'scheme',
      /^scheme is "https"; allowed: "http" for the own metrics server/,
    ],
    [{ ...RIGHT, port: '80' }, 'port', /^port is "80"; allowed: an integer/],
  ];
  for (const [options, field, says] of wrong) {
    it(`refuses ${says.source}`, async () => {
      const error = await register(options as never).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(InvalidRegistrationError);
      expect(error).to.include({ field });
      expect((error as Error).message).to.match(says);
    });
  }
});
