export { metricsHandler } from './metrics-handler.ts';
export { DEFAULT_REGISTER_OPTIONS } from './register-options.ts';
export { register } from './register.ts';

export { InvalidRegistrationError, RegistryError, ZkError } from '@pulsekeeper/registry';

export type { FastifyReplyLike, MetricsHandler, MetricsRegistry } from './metrics-handler.ts';
export type { RegisterOptions, ScrapeOptions } from './register-options.ts';
export type { RegisteredService, RegisteredServiceEvents, ServicePatch } from './registered-service.ts';
export type { Logger, RegistrationState, StandingOwner } from '@pulsekeeper/registry';
