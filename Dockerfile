# One image for the collector (the default command), the CLI and the demo services.

FROM node:24-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/model/package.json packages/model/
COPY packages/exposition/package.json packages/exposition/
COPY packages/hash-ring/package.json packages/hash-ring/
COPY packages/zk-session/package.json packages/zk-session/
COPY packages/registry/package.json packages/registry/
COPY packages/store/package.json packages/store/
COPY packages/client/package.json packages/client/
COPY packages/collector/package.json packages/collector/
COPY packages/cli/package.json packages/cli/
COPY packages/test-support/package.json packages/test-support/

FROM manifests AS build
RUN npm ci --no-audit --no-fund
COPY . .
# What is installed in the end: the compiled packages without sources, tests and the test servers.
RUN npm run build \
 && rm -rf packages/test-support \
 && find packages -mindepth 2 -maxdepth 2 ! -name dist ! -name bin ! -name schema ! -name package.json -exec rm -rf {} + \
 && find packages -name '*.tsbuildinfo' -delete

FROM manifests AS production
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf packages/test-support node_modules/@pulsekeeper/test-support

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=production /app ./
COPY --from=build /app/packages packages/
COPY LICENSE ./
COPY scripts/demo scripts/demo/
USER node
EXPOSE 9090
CMD ["node", "packages/collector/bin/pulsekeeper-collector.js"]
