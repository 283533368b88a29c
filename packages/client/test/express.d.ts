declare module 'express' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  /** The little of Express that the tests use; its own types are a package of their own. */
  // eslint-disable-next-line import-x/no-default-export -- it is what Express has
  export default function express(): RequestListener & {
    get(path: string, handler: (request: IncomingMessage, response: ServerResponse) => unknown): void;
  };
}
