/* cost.c: the formulas that schemes of gradient exchange are compared with.
 *
 *   n nodes of m ranks, P = n m; d elements of g bytes; k = rho d pairs of v + 4 bytes
 *   a_i, b_i: latency and seconds a byte inside a node; a_e, b_e: between nodes, of a node's NIC
 *
 *   ring         2 (P - 1) a_e + 2 (P - 1) / P d g b_e
 *   tree         2 log2(n) a_e + 2 (m - 1) a_i + 2 d g b_e               each tree carries a half
 *   2D-torus     2 S + 2 (n - 1) a_e + 2 (n - 1) / n d g b_e             S: below
 *   all-gather   (P - 1) a_e + (P - 1) k (v + 4) b_e
 *   gTop-k       2 log2(P) a_e + 2 log2(P) k (v + 4) b_e                  up the tree and down again
 *   Ok-Topk      (2 P + 2 log2(P)) a_e + 3 (P - 1) / P k (v + 4) m b_e    the bound of its paper
 *   HiTopKComm   2 S + (n - 1) a_e + (n - 1) m k_j (v + 4) b_e,           k_j = rho d / m
 *   where S = (m - 1) a_i + (m - 1) / m d g b_i is a ring's half inside the node.
 *
 * A flat scheme is charged as if each of its hops crossed the node's NIC once; logarithms are rounded
 * up. Sources: Shi et al. (2019) for gTop-k and the all-gather; Li and Hoefler (2022) for Ok-Topk;
 * Mikami et al. (2018) for the torus' structure; its formula, HiTopKComm's and the NIC's share are
 * derived from the steps.
 * Test: tests/topk/test_cost.c */
#include "ref/topk/cost.h"

static const char *const names[TS_COSTS] = {"ring",  "tree",   "2d-torus", "all-gather",
                                            "gtopk", "oktopk", "hitopk"};

const char *ts_cost_name(ts_cost_scheme scheme)
{
    return names[scheme];
}

bool ts_cost_sparse(ts_cost_scheme scheme)
{
    return scheme >= TS_COST_GATHER;
}

/* Reduce-scatter inside a node, then something between nodes, then all-gather inside. */
static ts_cost hierarchical(const ts_topology *t, const ts_payload *x, double m, double between_s,
                            double between_bytes)
{
    const ts_link in = t->link[TS_INTRA];
    const double inside = (m - 1) * in.alpha +
                          (m - 1) / m * (double)x->params * (double)x->grad * in.beta;
    return (ts_cost){2 * inside + between_s, between_bytes, {inside, between_s, inside}};
}

static ts_cost flat(ts_link link, double latencies, double bytes)
{
    return (ts_cost){latencies * link.alpha + bytes * link.beta, bytes, {0}};
}

static ts_cost dense(const ts_topology *t, ts_cost_scheme scheme, const ts_payload *x, double n,
                     double m)
{
    const ts_link out = t->link[TS_INTER];
    const double P = n * m, all = (double)x->params * x->grad, torus = 2 * (n - 1) / n * all;
    if (scheme == TS_COST_RING)
        return flat(out, 2 * (P - 1), 2 * (P - 1) / P * all);
    if (scheme == TS_COST_TORUS)
        return hierarchical(t, x, m, 2 * (n - 1) * out.alpha + torus * out.beta, torus);
    ts_cost cost = flat(out, 2 * ts_log2_up(n), 2 * all);
    cost.seconds += 2 * (m - 1) * t->link[TS_INTRA].alpha;
    return cost;
}

ts_cost ts_cost_of(const ts_topology *t, ts_cost_scheme scheme, const ts_payload *x)
{
    const ts_link out = t->link[TS_INTER];
    const double n = t->hosts > 0 ? t->hosts : 1, m = t->ranks / n, P = n * m;
    const double pair = x->value + TS_INDEX_BYTES;
    const int64_t shard = x->params / (int64_t)m;
    const double k = (double)ts_density_k(x->density, x->params) * pair;
    const double part = m * (double)ts_density_k(x->density, shard) * pair;
    switch (scheme) {
    case TS_COST_GATHER:
        return flat(out, P - 1, (P - 1) * k);
    case TS_COST_GTOPK:
        return flat(out, 2 * ts_log2_up(P), 2 * ts_log2_up(P) * k);
    case TS_COST_OKTOPK:
        return flat(out, 2 * P + 2 * ts_log2_up(P), 3 * (P - 1) / P * k * m);
    case TS_COST_HITOPK:
        return hierarchical(t, x, m, (n - 1) * (out.alpha + part * out.beta), (n - 1) * part);
    default:
        return dense(t, scheme, x, n, m);
    }
}

double ts_cost_crossover(const ts_topology *t, const ts_payload *x)
{
    const double n = t->hosts > 0 ? t->hosts : 1;
    return 2.0 * x->grad / (n * (x->value + TS_INDEX_BYTES));
}

double ts_cost_passes(int64_t d, int bytes, int passes, double bandwidth)
{
    return (double)d * bytes * passes / bandwidth;
}
