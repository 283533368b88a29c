import { expect } from 'chai';

import { startExporterFarm } from '../../src/exporter-farm.ts';

describe('startExporterFarm', function () {
  this.timeout(20_000);

  it('serves each target on its own address, a new state at each scrape, and counts', async () => {
    const farm = await startExporterFarm({ targets: 5, series: 60, shapes: 2, variants: 4 });
    expect(new Set(farm.addresses.map((address) => address.split(':')[0])).size).to.equal(5);
    const listed = await (await fetch(`${farm.controlUrl}/targets`)).text();
    expect(listed.trim().split('\n')).to.deep.equal(farm.addresses);
    const bodies = [];
    for (let scrape = 0; scrape < 2; scrape += 1) {
      for (const address of farm.addresses) bodies.push(await (await fetch(`http://${address}/metrics`)).text());
    }
    expect(bodies[5]).to.not.equal(bodies[0]);
    expect(bodies[1]).to.not.equal(bodies[0]);
    expect(await farm.stats()).to.include({ scrapes: 10, samples: 600, gzipScrapes: 0 });
  });

  it('compresses for those who accept it', async () => {
    const farm = await startExporterFarm({ targets: 1, series: 60, gzip: true });
    const zipped = await fetch(`http://${farm.addresses[0] ?? ''}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    expect(zipped.headers.get('content-encoding')).to.equal('gzip');
    expect(await zipped.text()).to.contain('# TYPE http_requests_total counter');
    const plain = await fetch(`http://${farm.addresses[0] ?? ''}/metrics`, {
      headers: { 'accept-encoding': 'identity' },
    });
    expect(plain.headers.get('content-encoding')).to.equal(null);
    expect((await farm.stats()).gzipScrapes).to.equal(1);
  });
});
