/* global process, console */
// The same from CommonJS. Arguments: JSON of the options.
const { register, metricsHandler } = require('@pulsekeeper/client');

async function main() {
  const options = JSON.parse(process.argv[2] ?? '{}');
  const service = await register({ service: 'shop', instance: 'a', address: '10.0.0.1:80', ...options });
  console.log(`${typeof metricsHandler} ${service.state.kind}`);
  await service.close();
  console.log(service.state.kind);
}

void main();
