/** Whose rule: the whole cluster's, or one service's. */
export type RuleScope = { readonly kind: 'defaults' } | { readonly kind: 'service'; readonly service: string };
