import { expect } from 'chai';
import { preferredPorts } from '../../src/preferred-ports.ts';

describe('preferredPorts', () => {
  it('are the same for a service each time, and outside the ports that systems hand out', () => {
    const ports = preferredPorts('shop');
    expect(ports).to.deep.equal(preferredPorts('shop'));
    expect(ports).to.have.length(8);
    for (const port of ports) expect(port).to.be.within(61_000, 65_535);
    expect(preferredPorts('cart')).to.not.deep.equal(ports);
  });

  it('never change: names of instances hang on them', () => {
    expect(preferredPorts('shop').slice(0, 3)).to.deep.equal([63723, 64509, 62511]);
  });
});
