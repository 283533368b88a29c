import type { ServerResponse } from 'node:http';
import { silentLogger, type Logger } from '@pulsekeeper/registry';

/** The part of a prom-client `Registry` that is used. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** The part of a Fastify reply that is used. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

/** Answers with the metrics. Fits `node:http`, Express (`app.get(path, handler)`) and Fastify (`app.get(path, handler)`). */
export type MetricsHandler = (
  request: { readonly method?: string | undefined },
  response: ServerResponse | FastifyReplyLike,
) => Promise<unknown>;

/**
 * Makes a request handler that answers with all metrics of a prom-client registry. It never rejects: when the metrics
 * cannot be collected it answers 500 and logs why; what cannot be sent is logged, and the response is cut.
 */
export function metricsHandler(
  registry: MetricsRegistry,
  { logger = silentLogger }: { readonly logger?: Logger | undefined } = {},
): MetricsHandler {
  return async (request, response) => {
    const answer = await collect(registry, logger);
    try {
      return send(answer, request.method === 'HEAD', response);
    } catch (err) {
      // Answered already, by a timeout for instance, or a content type that is no header: nothing good can be sent.
      logger.error({ err }, 'metrics could not be sent');
      ('raw' in response ? response.raw : response).destroy();
      return 'raw' in response ? response : undefined;
    }
  };
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Fastify wants its reply back. */
function send(answer: Answer, isHead: boolean, response: ServerResponse | FastifyReplyLike): unknown {
  if ('raw' in response) {
    response.code(answer.status);
    response.header('content-type', answer.contentType);
    response.send(answer.body);
    return response;
  }
  response.statusCode = answer.status;
  response.setHeader('content-type', answer.contentType);
  response.setHeader('content-length', Buffer.byteLength(answer.body));
  response.end(isHead ? undefined : answer.body);
  return undefined;
}

async function collect(registry: MetricsRegistry, logger: Logger): Promise<Answer> {
  try {
    return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
  } catch (err) {
    logger.error({ err }, 'metrics could not be collected');
    return { status: 500, contentType: 'text/plain; charset=utf-8', body: 'metrics could not be collected\n' };
  }
}
