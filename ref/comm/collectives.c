/* collectives.c: the collectives by name, each with what the virtual clock must show.
 * Test: tests/comm/test_collectives.c */
#include "ref/comm/collective.h"

#include <string.h>

/* Costs on m ranks of each of n hosts, which are neighbours in number. Inside a host every rank has
 * ports of its own; between hosts the m ranks queue for one NIC, first come first served. */
typedef struct {
    int n, m, P;
    ts_link in, out;
} cluster;

static bool cluster_of(cluster *c, const ts_topology *t)
{
    c->n = t->hosts > 0 ? t->hosts : 1;
    c->P = t->ranks;
    c->m = c->P / c->n;
    c->in = t->link[TS_INTRA];
    c->out = t->link[TS_INTER];
    return ts_topology_even(t);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* What one rank's message costs on its way between hosts, or inside. */
static double hop(ts_link l, double bytes)
{
    return l.alpha + bytes * l.beta;
}

/* Published costs know one kind of link: the slowest. */
static double published(const ts_topology *t, double latencies, double parts, int64_t n, int size)
{
    const ts_link *l = &t->link[t->hosts > 1 ? TS_INTER : TS_INTRA];
    return latencies * l->alpha + parts * (double)n * size * l->beta;
}

/* `steps` steps of a ring with equal messages of x bytes. A step of a rank begins when its last one
 * has left and the message before has come. In a period of m steps either the NIC sends m messages
 * without a pause, or a message goes round a host: once over the NIC, m - 1 times inside. */
static double ring_steps(const ts_topology *t, int steps, int64_t count, int size)
{
    cluster c;
    if (!cluster_of(&c, t) || c.P == 1)
        return c.P == 1 ? 0 : -1;
    const double x = (double)count * size / c.P, inside = hop(c.in, x), outside = hop(c.out, x);
    if (c.n == 1)
        return steps * inside;
    if (c.m > 1 && outside < inside)
        return -1;
    const double period = larger(c.m * x * c.out.beta, outside + (c.m - 1) * inside);
    return outside + (steps - 1) / c.m * period +
           (steps - 1) % c.m * larger(x * c.out.beta, inside);
}

static double ring_half(const ts_topology *t, int64_t n, int size)
{
    return ring_steps(t, t->ranks - 1, n, size);
}

static double published_ring_half(const ts_topology *t, int64_t n, int size)
{
    return published(t, t->ranks - 1, (t->ranks - 1.0) / t->ranks, n, size);
}

static double ring(const ts_topology *t, int64_t n, int size)
{
    return ring_steps(t, 2 * (t->ranks - 1), n, size);
}

static double published_ring(const ts_topology *t, int64_t n, int size)
{
    return published(t, 2 * (t->ranks - 1), 2 * (t->ranks - 1.0) / t->ranks, n, size);
}

/* Everybody with everybody: only where all links are alike. */
static double direct_half(const ts_topology *t, int64_t n, int size)
{
    return t->hosts > 1 && t->hosts < t->ranks ? -1 : ring_half(t, n, size);
}

static double direct(const ts_topology *t, int64_t n, int size)
{
    return t->hosts > 1 && t->hosts < t->ranks ? -1 : ring(t, n, size);
}

/* log2(n) exchanges between hosts, of x = B/P m, 2 x, ... bytes a rank, log2(m) inside, of B/P, ... .
 * Between two exchanges the NIC waits for a message's latency, or the message for the m - 1 others
 * that are before it in the shorter exchange; in the longest all m pass one after the other. */
static double halving_half(const ts_topology *t, int64_t count, int size)
{
    cluster c;
    if (!cluster_of(&c, t) || (c.P & (c.P - 1)))
        return -1;
    const double shard = (double)count * size / c.P;
    double time = 0;
    for (int held = 1; held < c.m; held *= 2)
        time += hop(c.in, held * shard);
    for (int held = c.m; held < c.P; held *= 2) {
        const double x = held * shard * c.out.beta;
        time += x + (2 * held < c.P ? larger(c.out.alpha, (c.m - 1) * x)
                                    : (c.m - 1) * x + c.out.alpha);
    }
    return time;
}

static double published_halving_half(const ts_topology *t, int64_t n, int size)
{
    return published(t, ts_log2_up(t->ranks), (t->ranks - 1.0) / t->ranks, n, size);
}

static double halving(const ts_topology *t, int64_t n, int size)
{
    const double half = t->hosts > 1 && t->hosts < t->ranks ? -1 : halving_half(t, n, size);
    return half < 0 ? half : 2 * half;
}

static double published_halving(const ts_topology *t, int64_t n, int size)
{
    return 2 * published_halving_half(t, n, size);
}

/* log2(n) hops between hosts and log2(m) inside, of x bytes: powers of two. */
static double tree_way(const ts_topology *t, double x)
{
    cluster c;
    if (!cluster_of(&c, t) || (c.P & (c.P - 1)))
        return -1;
    return ts_log2_up(c.n) * hop(c.out, x) + ts_log2_up(c.m) * hop(c.in, x);
}

static double broadcast(const ts_topology *t, int64_t n, int size)
{
    return tree_way(t, (double)n * size);
}

static double published_broadcast(const ts_topology *t, int64_t n, int size)
{
    return published(t, ts_log2_up(t->ranks), ts_log2_up(t->ranks), n, size);
}

static double tree(const ts_topology *t, int64_t n, int size)
{
    const double way = tree_way(t, (double)n * size);
    return way < 0 ? way : 2 * way;
}

static double published_tree(const ts_topology *t, int64_t n, int size)
{
    return 2 * published_broadcast(t, n, size);
}

/* On hosts of several ranks the two trees meet at NICs: no closed form. */
static double double_tree(const ts_topology *t, int64_t n, int size)
{
    const bool mixed = t->hosts > 1 && t->hosts < t->ranks;
    const double way = mixed ? -1 : tree_way(t, (double)n * size / 2);
    return way < 0 ? way : 2 * way;
}

static double pipelined_tree(const ts_topology *t, int64_t n, int size)
{
    return published(t, 2 * ts_log2_up(t->ranks), t->ranks > 1 ? 2 : 0, n, size);
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

const ts_collective ts_collectives[] = {
    /* name, function, own, published, formula, shards, powers, gathers */
    {"ring_reduce_scatter", ts_ring_reduce_scatter, ring_half, published_ring_half, "(P-1) (a + B/P)",
     true, false, false},
    {"halving_reduce_scatter", ts_halving_reduce_scatter, halving_half, published_halving_half,
     "log2(P) a + (P-1)/P B", true, true, false},
    {"ordered_reduce_scatter", ts_ordered_reduce_scatter, direct_half, NULL, "(P-1) (a + B/P)", true,
     false, false},
    {"ring_all_gather", gather_ring, ring_half, published_ring_half, "(P-1) (a + B/P)", false, false,
     true},
    {"doubling_all_gather", gather_doubling, halving_half, published_halving_half,
     "log2(P) a + (P-1)/P B", false, true, true},
    {"broadcast", send_all, broadcast, published_broadcast, "log2(P) (a + B)", false, false, true},
    {"ring_all_reduce", ts_ring_all_reduce, ring, published_ring, "2 (P-1) a + 2 (P-1)/P B", false,
     false, false},
    {"halving_all_reduce", ts_halving_all_reduce, halving, published_halving, "2 log2(P) a + 2 (P-1)/P B",
     false, true, false},
    {"ordered_all_reduce", ts_ordered_all_reduce, direct, NULL, "2 (P-1) (a + B/P)", false, false,
     false},
    {"tree_all_reduce", ts_tree_all_reduce, tree, published_tree, "2 log2(P) (a + B)", false, false,
     false},
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
