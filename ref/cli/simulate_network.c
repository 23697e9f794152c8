/* simulate_network.c: what sparse exchange of gradients costs on a cluster: tables of schemes.
 * The formulas: ref/topk/cost.c. Test: tests/cli/test_simulate_network.c */
#include "ref/cli/simulate.h"

#include <stdio.h>

typedef struct {
    const char *name;
    int64_t params;
} model;

static const model models[] = {
    {"ResNet-50", TS_RESNET50_PARAMS}, {"VGG-19", 143667240}, {"Transformer", 110000000}};

enum { MODELS = sizeof models / sizeof *models };

ts_difference ts_difference_of(double ours, double known)
{
    ts_difference d = {"-"};
    if (known > 0)
        snprintf(d.text, sizeof d.text, "%+.1f %%", (ours / known - 1) * 100);
    return d;
}

double ts_selection_of(const ts_simulation *x, ts_cost_scheme scheme, const ts_payload *p)
{
    const int64_t m = x->topology.hosts > 0 ? x->topology.ranks / x->topology.hosts : 1;
    if (!ts_cost_sparse(scheme))
        return 0;
    return scheme == TS_COST_HITOPK
               ? ts_cost_passes(p->params / m, p->grad, x->steps + 3, x->memory)
               : ts_cost_passes(p->params, p->grad, 4, x->memory); /* radix, four digits of 8 bits */
}

static void schemes_of(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x, const model *m,
                       ts_payload p, bool dense)
{
    char rho[32];
    p.params = m->params;
    snprintf(rho, sizeof rho, "%.4g", (double)p.density.num / (double)p.density.den);
    for (int scheme = dense ? 0 : TS_COST_GATHER; scheme < TS_COSTS; scheme++) {
        const bool sparse = ts_cost_sparse((ts_cost_scheme)scheme);
        const ts_cost cost = ts_cost_of(&x->topology, (ts_cost_scheme)scheme, &p);
        ts_sheet_row(ctx, s, "%s|%s|%d|%s|%s|%.3f|%.1f", m->name, sparse ? rho : "1",
                     p.grad * 8, sparse ? (p.value == 2 ? "16" : "32") : "-", ts_cost_name((ts_cost_scheme)scheme),
                     cost.seconds * 1e3, cost.nic_bytes / 1e6);
    }
}

static void schemes(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    static const ts_density usual[] = {{1, 1000}, {1, 100}, {1, 20}};
    const model own = {"yours", x->payload.params};
    for (int i = 0; i < (x->payload.params ? 1 : MODELS); i++)
        for (int half = 0; half < (x->bytes_given ? 1 : 2); half++)
            for (int r = 0; r < (x->density_given ? 1 : 3); r++) {
                ts_payload p = x->payload;
                if (!x->density_given)
                    p.density = usual[r];
                if (!x->bytes_given)
                    p.grad = p.value = half ? 2 : 4;
                schemes_of(ctx, s, x, x->payload.params ? &own : models + i, p, r == 0);
            }
    ts_sheet_note(ctx, s, "by formula; selection, adding up and the host's work are not in it; the "
                          "paper's own figures of this kind are not known");
    ts_sheet_note(ctx, s, "a flat scheme is charged as if each hop crossed a node's NIC once; oktopk "
                          "is its paper's upper bound, once for each rank of a node; gtopk keeps k "
                          "entries in all, the others k of every rank or node");
}

static ts_payload payload_of(const ts_simulation *x)
{
    ts_payload p = x->payload;
    if (!p.params)
        p.params = TS_RESNET50_PARAMS;
    return p;
}

static void aggregation(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    for (int bits = 18; bits <= 27; bits++) {
        ts_payload p = x->payload;
        double ms[TS_COSTS];
        p.params = (int64_t)1 << bits;
        for (int scheme = 0; scheme < TS_COSTS; scheme++)
            ms[scheme] = ts_cost_of(&x->topology, (ts_cost_scheme)scheme, &p).seconds * 1e3;
        ts_sheet_row(ctx, s, "%lld|%.4f|%.4f|%.4f|%.4f|%.4f|%.4f|%.4f|%s", (long long)p.params,
                     ms[TS_COST_GATHER], ms[TS_COST_RING], ms[TS_COST_TREE], ms[TS_COST_TORUS],
                     ms[TS_COST_GTOPK], ms[TS_COST_OKTOPK], ms[TS_COST_HITOPK],
                     ms[TS_COST_HITOPK] < ms[TS_COST_TORUS] ? "yes" : "no");
    }
    ts_sheet_note(ctx, s, "recalled of the paper's figure: hitopk is the fastest for large gradients; "
                          "its values are not known");
}

static void hitopk(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    const ts_payload p = payload_of(x);
    const ts_topology *t = &x->topology;
    const double n = t->hosts, m = t->ranks / t->hosts;
    const ts_cost cost = ts_cost_of(t, TS_COST_HITOPK, &p);
    const double select = ts_selection_of(x, TS_COST_HITOPK, &p);
    const double kept = n * (double)ts_density_k(p.density, p.params / (int64_t)m);
    /* Zeros, then each pair read, its element read and written. */
    const double add = ((double)p.params / m * 4 + kept * (p.value + TS_INDEX_BYTES + 8)) / x->memory;
    const double all = cost.seconds + select + add;
    const struct {
        const char *step, *what;
        double seconds;
    } step[] = {{"1", "reduce-scatter in the node", cost.part[0]},
                {"2", "MSTopK of the shard", select},
                {"3", "all-gather between nodes", cost.part[1]},
                {"4", "adding up", add},
                {"5", "all-gather in the node", cost.part[2]},
                {"1-5", "all", all}};
    for (size_t i = 0; i < sizeof step / sizeof *step; i++)
        ts_sheet_row(ctx, s, "%s|%s|%.3f|%.1f|-", step[i].step, step[i].what, step[i].seconds * 1e3,
                     100 * step[i].seconds / all);
    ts_sheet_note(ctx, s, "%lld elements; memory of %.0f GB/s; %d steps of the search, %d passes",
                  (long long)p.params, x->memory / 1e9, x->steps, x->steps + 3);
    ts_sheet_note(ctx, s, "recalled of the paper's figure: the all-gather between nodes dominates, "
                          "the selection is negligible");
}

static void selection(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    for (int bits = 18; bits <= 27; bits++) {
        const int64_t d = (int64_t)1 << bits;
        const double pass = ts_cost_passes(d, x->payload.grad, 1, x->memory);
        ts_sheet_row(ctx, s, "%lld|%.4f|%.4f|%.4f|-", (long long)d, pass * 1e3,
                     pass * (x->steps + 3) * 1e3, pass * 4 * 1e3);
    }
    ts_sheet_note(ctx, s, "at the full bandwidth of %.0f GB/s: a bound, reached only by large "
                          "gradients", x->memory / 1e9);
    ts_sheet_note(ctx, s, "exact: four passes of a radix selection over everything, its least; "
                          "recalled of the paper's figure: exact selection on its accelerators is "
                          "slower than MSTopK by one to two orders. `make bench` measures here");
}

static void crossover(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    for (int n = 2; n <= 256; n *= 2) {
        ts_topology t = x->topology;
        ts_payload single = x->payload, half = x->payload;
        single.grad = single.value = 4;
        half.grad = half.value = 2;
        t.ranks = t.ranks / t.hosts * n;
        t.hosts = n;
        ts_sheet_row(ctx, s, "%d|%.3f|%.3f", n, 100 * ts_cost_crossover(&t, &single),
                     100 * ts_cost_crossover(&t, &half));
    }
    ts_sheet_note(ctx, s, "below this density hitopk sends fewer bytes from a node than the 2D-torus: "
                          "2 g / (n (v + 4)); an all-gather grows with the number of nodes");
}

const ts_simulate_table ts_simulate_network[] = {
    {"schemes", "the gradients of one step under way", schemes,
     "model|density|gradient bits|value bits|scheme|ms|MB from a node"},
    {"aggregation", "time against the size of the gradient, ms", aggregation,
     "elements|all-gather|ring|tree|2d-torus|gtopk|oktopk|hitopk|hitopk before torus"},
    {"hitopk", "the five steps of the hierarchical exchange", hitopk,
     "step|what|ms|% of all|published"},
    {"selection", "time of the selection against the size of the gradient, ms", selection,
     "elements|one pass|MSTopK|exact, at least|published"},
    {"crossover", "the density below which hitopk sends less than the 2D-torus, %", crossover,
     "nodes|f32|f16"},
    {0}};
