/* scheme_modules.c: schemes by name, on ranks as threads: one step from given gradients and residuals,
 * with its intermediates.
 *
 * trace: reduce_scatter (nodes, d) and accumulated (nodes, d), shards side by side (hitopk); selected
 * (rows of the residual, d) in U8; packets.indices, packets.values, rank after rank.
 * Test: tests/topk/test_scheme_modules.c                                   Golden: topk/hi_*, gtopk*, ... */
#include "ref/topk/modules.h"

#include "ref/base/trace.h"
#include "ref/comm/collective.h"
#include "ref/topk/scheme.h"

#include <stdio.h>
#include <string.h>

/* Shared by the ranks; each writes to places of its own. */
typedef struct {
    ts_scheme_config config;
    int nodes, per_node;
    int64_t d, step, bucket;
    ts_dtype type;
    const char *grad;       /* (ranks, d) */
    const char *residual;   /* (rows, d), or NULL */
    const double *states;   /* (ranks, states_count), or NULL */
    char *sum;              /* of rank 0 */
    char *kept;             /* (rows, d) */
    double *kept_states;
    char *reduced, *accumulated; /* (nodes, d) */
    uint8_t *selected;           /* (rows, d) */
    int64_t *count;              /* entries that each rank sends */
    uint32_t *indices;           /* (ranks, d) */
    char *values;                /* (ranks, d) */
} shared;

static bool is_sharded(const shared *h)
{
    return strcmp(h->config.name, "hitopk") == 0;
}

/* The place of this rank's residual in (rows, d). */
static int64_t place_of(const shared *h, const ts_comm *comm, int64_t first)
{
    return (is_sharded(h) ? comm->rank / h->per_node : comm->rank) * h->d + first;
}

static void report(shared *h, const ts_comm *comm, const ts_scheme_steps *steps)
{
    const size_t wide = ts_dtype_size(h->type);
    const int64_t at = place_of(h, comm, steps->first), own = comm->rank * h->d;
    const ts_sparse *s = &steps->sent;
    if (!ts_is_empty(steps->reduced))
        memcpy(h->reduced + (size_t)at * wide, steps->reduced.data,
               (size_t)ts_numel(steps->reduced) * wide);
    if (!ts_is_empty(steps->accumulated))
        memcpy(h->accumulated + (size_t)at * wide, steps->accumulated.data,
               (size_t)ts_numel(steps->accumulated) * wide);
    h->count[comm->rank] = s->count;
    if (s->count > 0)
        memcpy(h->values + (size_t)own * wide, s->values.data, (size_t)s->count * wide);
    for (int64_t j = 0; j < s->count; j++) {
        h->indices[own + j] = s->indices[j];
        h->selected[at + s->indices[j]] = 1;
    }
}

/* Residual and thresholds, in or out. */
static ts_status carry(shared *h, ts_comm *comm, ts_scheme *s, int64_t first, bool in)
{
    ts_items items = {0};
    if (!ts_scheme_state(s, &items, "s")) {
        const ts_tensor e = ts_items_get(&items, "s.residual");
        const ts_tensor t = ts_items_get(&items, "s.thresholds");
        const size_t wide = ts_dtype_size(h->type), bytes = (size_t)ts_numel(e) * wide;
        const size_t at = (size_t)place_of(h, comm, first) * wide;
        const int64_t n = h->nodes * h->per_node + 5;
        if (in && h->residual)
            memcpy(e.data, h->residual + at, bytes);
        else if (!in)
            memcpy(h->kept + at, e.data, bytes);
        if (!ts_is_empty(t) && in && h->states)
            memcpy(t.data, h->states + comm->rank * n, (size_t)n * sizeof(double));
        else if (!ts_is_empty(t) && !in)
            memcpy(h->kept_states + comm->rank * n, t.data, (size_t)n * sizeof(double));
    }
    ts_items_free(&items);
    return comm->ctx->status;
}

static ts_status body(ts_comm *comm, void *arg)
{
    shared *h = arg;
    const size_t bytes = (size_t)h->d * ts_dtype_size(h->type);
    bool skipped = false;
    char *g = ts_take(comm->ctx, bytes);
    ts_scheme *s = g ? ts_scheme_open(comm, &h->config, h->type, h->d, h->bucket) : NULL;
    if (s) {
        const int64_t first =
            is_sharded(h) ? ts_shard_of(h->d, h->per_node, comm->rank % h->per_node).begin : 0;
        memcpy(g, h->grad + (size_t)comm->rank * bytes, bytes);
        if (!carry(h, comm, s, first, true) && !ts_scheme_aggregate(s, g, h->step, &skipped) &&
            !carry(h, comm, s, first, false)) {
            if (skipped)
                ts_fail(comm->ctx, TS_ERROR_UNSUPPORTED,
                        "nonfinite gradients: the step is left out by all");
            else
                report(h, comm, ts_scheme_last(s));
            if (comm->rank == 0)
                memcpy(h->sum, g, bytes);
        }
    }
    ts_scheme_close(s);
    return comm->ctx->status;
}

/* Before and after. ---------------------------------------------------------------------------- */

static ts_tensor zeros(ts_ctx *ctx, ts_dtype dtype, int64_t rows, int64_t d)
{
    return ts_new_zero(ctx, dtype, 2, (int64_t[]){rows, d});
}

static void trace_packets(ts_ctx *ctx, const shared *h, int ranks)
{
    int64_t n = 0, at = 0;
    for (int r = 0; r < ranks; r++)
        n += h->count[r];
    const ts_tensor i = ts_new(ctx, TS_U32, 1, &n), v = ts_new(ctx, h->type, 1, &n);
    const size_t wide = ts_dtype_size(h->type);
    for (int r = 0; r < ranks && !ctx->status; at += h->count[r++]) {
        memcpy((uint32_t *)i.data + at, h->indices + r * h->d,
               (size_t)h->count[r] * sizeof *h->indices);
        memcpy((char *)v.data + (size_t)at * wide, h->values + (size_t)(r * h->d) * wide,
               (size_t)h->count[r] * wide);
    }
    ts_traced(ctx, i, "packets.indices");
    ts_traced(ctx, v, "packets.values");
}

static ts_status read_config(ts_ctx *ctx, const ts_call *call, shared *h)
{
    const int64_t start = ts_topk_start(ctx, call);
    const char *selector = ts_call_text(ctx, call, "selector", NULL);
    const char *name = strrchr(call->module, '.') + 1, *wire = ts_call_text(ctx, call, "wire", "");
    ts_scheme_preset(ctx, &h->config, strcmp(name, "all_gather") == 0 ? "topk" : name);
    h->config.keep_steps = true;
    if (ts_call_json(call, "density"))
        h->config.density = ts_topk_density(ctx, call, "0.01");
    if (selector)
        ts_selector_from(ctx, selector, &h->config.selector.kind);
    h->config.selector.steps = ts_call_int(ctx, call, "steps", TS_MSTOPK_STEPS);
    h->config.selector.has_start = start >= 0;
    h->config.selector.start = start;
    h->config.selector.wrap = ts_call_bool(ctx, call, "wrap", false);
    h->config.seed = (uint64_t)ts_call_int(ctx, call, "seed", 0);
    if (strcmp(wire, "f16") == 0)
        h->config.wire = TS_F16;
    else if (strcmp(wire, "f32") == 0)
        h->config.wire = TS_F32;
    else if (*wire)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: wire is f32 or f16, not \"%.40s\"", call->module, wire);
    h->nodes = (int)ts_call_int(ctx, call, "nodes", 1);
    h->per_node = (int)ts_call_int(ctx, call, "ranks_per_node", 1);
    h->step = ts_call_int(ctx, call, "step", 0);
    h->bucket = ts_call_int(ctx, call, "bucket", 0);
    if (!ctx->status && (h->nodes < 1 || h->per_node < 1 || h->nodes > TS_MAX_RANKS ||
                         h->per_node > TS_MAX_RANKS / h->nodes))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: %d nodes of %d ranks", call->module, h->nodes,
                h->per_node);
    return ctx->status;
}

/* The memory that ranks write to. */
static void take_places(ts_ctx *ctx, shared *h, ts_tensor places[5], int64_t rows)
{
    const int ranks = h->nodes * h->per_node;
    places[0] = ts_new_zero(ctx, h->type, 1, &h->d);
    places[1] = zeros(ctx, h->type, rows, h->d);
    places[2] = zeros(ctx, h->type, h->nodes, h->d);
    places[3] = zeros(ctx, h->type, h->nodes, h->d);
    places[4] = zeros(ctx, TS_U8, rows, h->d);
    h->sum = places[0].data;
    h->kept = places[1].data;
    h->reduced = places[2].data;
    h->accumulated = places[3].data;
    h->selected = places[4].data;
    h->count = ts_new_zero(ctx, TS_I64, 1, (int64_t[]){ranks}).data;
    h->indices = ts_take(ctx, (size_t)(ranks * h->d) * sizeof *h->indices);
    h->values = ts_take(ctx, (size_t)(ranks * h->d) * ts_dtype_size(h->type));
}

static ts_status run_scheme(ts_ctx *ctx, ts_call *call)
{
    shared h = {.nodes = 0};
    const ts_tensor grad = ts_call_input(ctx, call, "grad");
    const ts_tensor residual = ts_call_optional(call, "residual");
    const ts_tensor states = ts_call_optional(call, "thresholds");
    ts_tensor places[5], kept_states;
    if (ctx->status || read_config(ctx, call, &h))
        return ctx->status;
    const int ranks = h.nodes * h.per_node;
    const int64_t rows = is_sharded(&h) ? h.nodes : ranks;
    if (ts_expect(ctx, grad, "grad", 2, (int64_t[]){ranks, -1}) ||
        (!ts_is_empty(residual) &&
         ts_expect(ctx, residual, "residual", 2, (int64_t[]){rows, grad.size[1]})) ||
        (!ts_is_empty(states) &&
         ts_expect(ctx, states, "thresholds", 2, (int64_t[]){ranks, ranks + 5})))
        return ctx->status;
    h.d = grad.size[1];
    h.type = grad.dtype;
    h.grad = grad.data;
    h.residual = residual.data;
    take_places(ctx, &h, places, rows);
    kept_states = zeros(ctx, TS_F64, ranks, ranks + 5);
    h.kept_states = kept_states.data;
    double *doubles = ts_is_empty(states) ? NULL : zeros(ctx, TS_F64, ranks, ranks + 5).data;
    if (doubles && !ctx->status)
        ts_convert(doubles, TS_F64, states.data, states.dtype, ts_numel(states));
    h.states = doubles;
    ts_comm_config config = {.topology = ts_topology_of(ranks, h.nodes),
                             .engine = TS_ENGINE_THREADS};
    if (ctx->status || ts_comm_run(ctx, &config, body, &h))
        return ctx->status;
    if (is_sharded(&h))
        ts_traced(ctx, places[2], "reduce_scatter");
    ts_traced(ctx, places[4], "selected");
    trace_packets(ctx, &h, ranks);
    if (is_sharded(&h))
        ts_traced(ctx, places[3], "accumulated");
    ts_call_output(ctx, call, "sum", places[0]);
    ts_call_output(ctx, call, "residual", places[1]);
    if (strcmp(h.config.name, "oktopk") == 0)
        ts_call_output(ctx, call, "thresholds", kept_states);
    return ctx->status;
}

#define GRADS "grad (nodes * ranks_per_node, d); [residual (ranks, d)]"
#define SUMS "sum (d), not divided by the ranks; residual"
#define COMMON "nodes ranks_per_node density seed step bucket wire"

const ts_module ts_topk_scheme_modules[] = {
    {"topk.hitopk", "grad (nodes * ranks_per_node, d); [residual (nodes, d)]", SUMS,
     COMMON " steps start wrap selector",
     "HiTopKComm: k entries of each node's shard; counts differ with selectors other than exact, "
     "mstopk, random", run_scheme},
    {"topk.all_gather", GRADS, SUMS, COMMON " steps start wrap selector",
     "naive sparse all-gather: k entries of each rank with exact, mstopk, random", run_scheme},
    {"topk.gtopk", GRADS, SUMS, COMMON " steps start wrap selector",
     "gTop-k: exactly k entries in all, merged in pairs on a tree", run_scheme},
    {"topk.oktopk", GRADS "; [thresholds (ranks, ranks + 5)]", SUMS "; thresholds", COMMON,
     "Ok-Topk: about k entries in all, by thresholds of earlier steps; the count differs from k",
     run_scheme},
    {0},
};
