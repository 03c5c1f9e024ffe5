/** What the formats of an adapter alone have in common: their form is exact; sums in another order stay far below it. Nats. */
export const adapterDivergence = 1e-5
