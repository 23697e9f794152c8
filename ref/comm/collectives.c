/* collectives.c: the collectives by name, each with what the virtual clock must show.
 * Test: tests/comm/test_collectives.c */
#include "ref/comm/collective.h"

#include <string.h>

/* The one kind of link between all ranks; NULL: there are two. */
static const ts_link *only_link(const ts_topology *t)
{
    const int hosts = t->hosts > 0 ? t->hosts : 1;
    return hosts == 1         ? &t->link[TS_INTRA]
           : hosts == t->ranks ? &t->link[TS_INTER]
                               : NULL;
}

static double log2_up(int P)
{
    double steps = 0;
    for (int reach = 1; reach < P; reach *= 2)
        steps++;
    return steps;
}

/* latencies a + parts B */
static double linear(const ts_topology *t, double latencies, double parts, int64_t n, int size)
{
    const ts_link *l = only_link(t);
    return l ? latencies * l->alpha + parts * (double)n * size * l->beta : -1;
}

static double ring_half(const ts_topology *t, int64_t n, int size)
{
    return linear(t, t->ranks - 1, (t->ranks - 1.0) / t->ranks, n, size);
}

static double ring(const ts_topology *t, int64_t n, int size)
{
    return linear(t, 2 * (t->ranks - 1), 2 * (t->ranks - 1.0) / t->ranks, n, size);
}

static double halving_half(const ts_topology *t, int64_t n, int size)
{
    return linear(t, log2_up(t->ranks), (t->ranks - 1.0) / t->ranks, n, size);
}

static double halving(const ts_topology *t, int64_t n, int size)
{
    return linear(t, 2 * log2_up(t->ranks), 2 * (t->ranks - 1.0) / t->ranks, n, size);
}

static bool power(int P)
{
    return (P & (P - 1)) == 0;
}

static double tree(const ts_topology *t, int64_t n, int size)
{
    return power(t->ranks) ? linear(t, 2 * log2_up(t->ranks), 2 * log2_up(t->ranks), n, size) : -1;
}

static double double_tree(const ts_topology *t, int64_t n, int size)
{
    return power(t->ranks) ? linear(t, 2 * log2_up(t->ranks), log2_up(t->ranks), n, size) : -1;
}

static double pipelined_tree(const ts_topology *t, int64_t n, int size)
{
    return linear(t, 2 * log2_up(t->ranks), t->ranks > 1 ? 2 : 0, n, size);
}

static double torus_inside(const ts_topology *t, double m, int64_t n, int size)
{
    return 2 * (m - 1) * (t->link[TS_INTRA].alpha + (double)n * size / m * t->link[TS_INTRA].beta);
}

static double torus(const ts_topology *t, int64_t count, int size)
{
    const double n = t->hosts > 0 ? t->hosts : 1, m = t->ranks / n;
    const ts_link out = t->link[TS_INTER];
    const double x = (double)count * size / (m * n) * out.beta;
    const double step = m * x > out.alpha + x ? m * x : out.alpha + x;
    if (!ts_topology_even(t))
        return -1;
    return torus_inside(t, m, count, size) +
           (n > 1 ? out.alpha + m * x + (2 * (n - 1) - 1) * step : 0);
}

static double published_torus(const ts_topology *t, int64_t count, int size)
{
    const double n = t->hosts > 0 ? t->hosts : 1, m = t->ranks / n;
    const ts_link out = t->link[TS_INTER];
    return torus_inside(t, m, count, size) + 2 * (n - 1) * out.alpha +
           2 * (n - 1) / n * (double)count * size * out.beta;
}

static ts_status gather_ring(ts_comm *c, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    (void)op;
    return ts_ring_all_gather(c, data, n, type);
}

static ts_status gather_doubling(ts_comm *c, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    (void)op;
    return ts_doubling_all_gather(c, data, n, type);
}

static ts_status send_all(ts_comm *c, void *data, int64_t n, ts_dtype type, ts_reduce op)
{
    (void)op;
    return ts_tree_broadcast(c, data, n * (int64_t)ts_dtype_size(type), 0);
}

static double broadcast(const ts_topology *t, int64_t n, int size)
{
    return power(t->ranks) ? linear(t, log2_up(t->ranks), log2_up(t->ranks), n, size) : -1;
}

const ts_collective ts_collectives[] = {
    /* name, function, own, published, formula, shards, powers, gathers */
    {"ring_reduce_scatter", ts_ring_reduce_scatter, ring_half, ring_half, "(P-1) (a + B/P)", true,
     false, false},
    {"halving_reduce_scatter", ts_halving_reduce_scatter, halving_half, halving_half,
     "log2(P) a + (P-1)/P B", true, true, false},
    {"ordered_reduce_scatter", ts_ordered_reduce_scatter, ring_half, NULL, "(P-1) (a + B/P)", true,
     false, false},
    {"ring_all_gather", gather_ring, ring_half, ring_half, "(P-1) (a + B/P)", false, false, true},
    {"doubling_all_gather", gather_doubling, halving_half, halving_half, "log2(P) a + (P-1)/P B",
     false, true, true},
    {"broadcast", send_all, broadcast, broadcast, "log2(P) (a + B)", false, false, true},
    {"ring_all_reduce", ts_ring_all_reduce, ring, ring, "2 (P-1) a + 2 (P-1)/P B", false, false,
     false},
    {"halving_all_reduce", ts_halving_all_reduce, halving, halving, "2 log2(P) a + 2 (P-1)/P B",
     false, true, false},
    {"ordered_all_reduce", ts_ordered_all_reduce, ring, NULL, "2 (P-1) (a + B/P)", false, false,
     false},
    {"tree_all_reduce", ts_tree_all_reduce, tree, tree, "2 log2(P) (a + B)", false, false, false},
    {"double_tree_all_reduce", ts_double_tree_all_reduce, double_tree, pipelined_tree,
     "2 log2(P) (a + B/2)", false, false, false},
    {"torus_all_reduce", ts_torus_all_reduce, torus, published_torus,
     "2 (m-1) (a_i + B_i/m) + a_e + m x + (2n-3) max(m x, a_e + x), x = B_e/(m n)", false, false,
     false},
    {0}};

const ts_collective *ts_collective_named(const char *name)
{
    for (const ts_collective *c = ts_collectives; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}
