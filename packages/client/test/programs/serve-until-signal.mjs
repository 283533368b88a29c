// A service with a server of its own, which only its signal ends. Arguments: JSON of the options, and `own-handler` for a
// listener of its own besides the client's.
import { createServer } from 'node:http';
import { register } from '@pulsekeeper/client';

const options = JSON.parse(process.argv[2] ?? '{}');
const server = createServer((_request, response) => response.end('up 1\n')).listen(options.port ?? 0, '127.0.0.1');
delete options.port;
console.log(`starting ${Date.now()}`);
const service = await register({ service: 'shop', instance: 'a', server, ...options });
console.log(`registered ${service.address}`);
if (process.argv[3] === 'own-handler') {
  process.on('SIGTERM', async () => {
    await service.close();
    console.log('closed by hand');
    server.close();
  });
}
