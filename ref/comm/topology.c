/* topology.c: ranks on hosts; see topology.h. Test: tests/comm/test_topology.c. */
#include "ref/comm/topology.h"

#include <math.h>

ts_topology ts_topology_of(int ranks, int hosts)
{
    return (ts_topology){.ranks = ranks,
                         .hosts = hosts,
                         .link = {[TS_INTRA] = {5e-6, 1 / 130e9}, [TS_INTER] = {25e-6, 1 / 3.125e9}}};
}

static int hosts_of(const ts_topology *t)
{
    return t->hosts > 0 ? t->hosts : 1;
}

/* q + 1 ranks on each of the first r hosts, q on the others. */
int ts_topology_host(const ts_topology *t, int rank)
{
    if (t->host)
        return t->host[rank];
    const int q = t->ranks / hosts_of(t), r = t->ranks % hosts_of(t);
    return rank < r * (q + 1) ? rank / (q + 1) : r + (rank - r * (q + 1)) / q;
}

ts_link_class ts_topology_class(const ts_topology *t, int from, int to)
{
    return ts_topology_host(t, from) == ts_topology_host(t, to) ? TS_INTRA : TS_INTER;
}

double ts_log2_up(double count)
{
    double rounds = 0;
    for (double reach = 1; reach < count; reach *= 2)
        rounds++;
    return rounds;
}

int ts_topology_local(const ts_topology *t, int rank, int *count)
{
    const int host = ts_topology_host(t, rank);
    int before = 0, all = 0;
    for (int r = 0; r < t->ranks; r++)
        if (ts_topology_host(t, r) == host) {
            before += r < rank;
            all++;
        }
    if (count)
        *count = all;
    return before;
}

bool ts_topology_even(const ts_topology *t)
{
    const int each = t->ranks / hosts_of(t);
    if (t->ranks % hosts_of(t))
        return false;
    for (int r = 0; r < t->ranks; r++)
        if (ts_topology_host(t, r) != r / each)
            return false;
    return true;
}

ts_status ts_topology_check(ts_ctx *ctx, const ts_topology *t)
{
    int seen[TS_MAX_RANKS] = {0};
    if (t->ranks < 1 || t->ranks > TS_MAX_RANKS)
        return ts_fail(ctx, TS_ERROR_USAGE, "%d ranks: expected 1 to %d", t->ranks, TS_MAX_RANKS);
    if (t->hosts < 0 || t->hosts > t->ranks)
        return ts_fail(ctx, TS_ERROR_USAGE, "%d ranks on %d hosts: each host needs a rank", t->ranks,
                       t->hosts);
    for (int c = 0; c < TS_LINK_CLASSES; c++)
        if (!(t->link[c].alpha >= 0 && t->link[c].beta >= 0 && isfinite(t->link[c].alpha) &&
              isfinite(t->link[c].beta)))
            return ts_fail(ctx, TS_ERROR_USAGE, "a link of %g s and %g s a byte: expected numbers "
                                                "from 0", t->link[c].alpha, t->link[c].beta);
    for (int r = 0; r < t->ranks; r++) {
        const int host = ts_topology_host(t, r);
        if (host < 0 || host >= hosts_of(t))
            return ts_fail(ctx, TS_ERROR_USAGE, "rank %d stands on host %d of %d", r, host,
                           hosts_of(t));
        seen[host] = 1;
    }
    for (int h = 0; h < hosts_of(t); h++)
        if (!seen[h])
            return ts_fail(ctx, TS_ERROR_USAGE, "no rank stands on host %d", h);
    return TS_OK;
}
