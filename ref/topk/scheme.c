/* scheme.c: opening schemes, the dense ones, and what the sparse ones share. See scheme.h.
 * Test: tests/topk/test_scheme.c */
#include "ref/topk/scheme_inside.h"

#include <stdio.h>
#include <string.h>

/* Names. --------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    ts_status (*run)(ts_scheme *, void *, int64_t, bool *); /* NULL: the collective of that name */
} algorithm;

static const algorithm algorithms[] = {
    {"ring", NULL},         {"tree", NULL},
    {"double_tree", NULL},  {"torus", NULL},
    {"ordered", NULL},      {"all_gather", ts_scheme_all_gather},
    {"gtopk", ts_scheme_gtopk}, {"oktopk", ts_scheme_oktopk},
    {"hitopk", ts_scheme_hitopk}, {NULL, NULL}};

static const algorithm *algorithm_of(const char *name)
{
    for (const algorithm *a = algorithms; a->name && name; a++)
        if (strcmp(a->name, name) == 0)
            return a;
    return NULL;
}

static const struct {
    const char *name, *algorithm;
    ts_selector_kind kind;
} presets[] = {{"dense", "ring", TS_SELECT_EXACT},
               {"ring", "ring", TS_SELECT_EXACT},
               {"tree", "tree", TS_SELECT_EXACT},
               {"double_tree", "double_tree", TS_SELECT_EXACT},
               {"torus", "torus", TS_SELECT_EXACT},
               {"ordered", "ordered", TS_SELECT_EXACT},
               {"topk", "all_gather", TS_SELECT_EXACT},
               {"mstopk", "all_gather", TS_SELECT_MSTOPK},
               {"dgc", "all_gather", TS_SELECT_DGC},
               {"gaussian", "all_gather", TS_SELECT_GAUSSIAN},
               {"randomk", "all_gather", TS_SELECT_RANDOM},
               {"gtopk", "gtopk", TS_SELECT_EXACT},
               {"oktopk", "oktopk", TS_SELECT_REUSED},
               {"hitopk", "hitopk", TS_SELECT_MSTOPK}};

const char *const ts_scheme_presets[] = {"dense",  "ring",     "tree",    "double_tree", "torus",
                                         "ordered", "topk",    "mstopk",  "dgc",         "gaussian",
                                         "randomk", "gtopk",   "oktopk",  "hitopk",      NULL};

ts_status ts_scheme_preset(ts_ctx *ctx, ts_scheme_config *config, const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(name, presets[i].name) == 0) {
            *config = (ts_scheme_config){
                .name = presets[i].algorithm, .density = {1, 100},
                .selector = {.kind = presets[i].kind, .steps = TS_MSTOPK_STEPS},
                .feedback = {.feedback = true}};
            return ctx->status;
        }
    return ts_fail(ctx, TS_ERROR_USAGE,
                   "unknown scheme \"%.40s\": dense (ring, tree, double_tree, torus, ordered), topk, "
                   "mstopk, dgc, gaussian, randomk, gtopk, oktopk or hitopk", name);
}

bool ts_scheme_is_sparse(const ts_scheme_config *config)
{
    const algorithm *a = algorithm_of(config->name);
    return a && a->run;
}

/* Opening. ------------------------------------------------------------------------------------- */

static ts_status check(ts_ctx *ctx, const ts_scheme_config *c, ts_dtype type, int64_t d)
{
    if (!algorithm_of(c->name))
        return ts_fail(ctx, TS_ERROR_USAGE, "topk: no scheme is called \"%.40s\"",
                       c->name ? c->name : "");
    if (type != TS_F32 && type != TS_F64)
        return ts_fail(ctx, TS_ERROR_SHAPE, "topk: buckets are F32 or F64, not %s",
                       ts_dtype_name(type));
    if (c->wire != TS_NONE && c->wire != TS_F32 && c->wire != TS_F16)
        return ts_fail(ctx, TS_ERROR_USAGE, "topk: values travel as F32 or F16, not %s",
                       ts_dtype_name(c->wire));
    if (strcmp(c->name, "gtopk") == 0 && !ts_selector_is_fixed(c->selector.kind))
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "topk: gtopk needs a selector of exactly k entries, not %s",
                       ts_selector_name(c->selector.kind));
    if (ts_scheme_is_sparse(c) && (ts_density_check(ctx, c->density) || ts_sparse_fits(ctx, d)))
        return ctx->status;
    return ctx->status;
}

/* Residual, momentum and thresholds, zeros on the heap. */
static ts_status take_memory(ts_scheme *s)
{
    const size_t wide = ts_dtype_size(s->type);
    const int64_t n = s->part.count;
    void *kept = ts_alloc_zero((size_t)n + 1, wide);
    void *momentum = s->config.feedback.momentum > 0.0 ? ts_alloc_zero((size_t)n + 1, wide) : NULL;
    s->thresholds = ts_alloc_zero((size_t)s->world->size + 5, sizeof *s->thresholds);
    s->residual.kept = kept ? ts_tensor_of(kept, s->type, 1, &n) : (ts_tensor){0};
    s->residual.momentum = momentum ? ts_tensor_of(momentum, s->type, 1, &n) : (ts_tensor){0};
    if (!kept || !s->thresholds || (s->config.feedback.momentum > 0.0 && !momentum))
        return ts_fail(s->world->ctx, TS_ERROR_MEMORY, "topk: no memory for a residual of %lld",
                       (long long)n);
    return TS_OK;
}

ts_scheme *ts_scheme_open(ts_comm *world, const ts_scheme_config *config, ts_dtype type, int64_t d,
                          int64_t bucket)
{
    ts_ctx *ctx = world->ctx;
    if (ctx->status || check(ctx, config, type, d))
        return NULL;
    ts_scheme *s = ts_alloc_zero(1, sizeof *s);
    if (!s) {
        ts_fail(ctx, TS_ERROR_MEMORY, "topk: no memory for a scheme");
        return NULL;
    }
    *s = (ts_scheme){.world = world, .config = *config, .type = type, .d = d, .bucket = bucket,
                     .wire = config->wire == TS_NONE ? type : config->wire, .part = {0, d}};
    if (strcmp(config->name, "hitopk") == 0) {
        if (!ts_topology_even(ts_comm_topology(world)))
            ts_fail(ctx, TS_ERROR_USAGE, "topk: hitopk needs as many ranks on every host");
        ts_comm_node(world, &s->node);
        ts_comm_across(world, &s->across);
        if (!ctx->status)
            s->part = ts_shard_of(d, s->node.size, s->node.rank);
    }
    if (!ctx->status && ts_scheme_is_sparse(config))
        take_memory(s);
    if (!ctx->status)
        return s;
    ts_scheme_close(s);
    return NULL;
}

void ts_scheme_close(ts_scheme *s)
{
    if (!s)
        return;
    if (s->node.size)
        ts_comm_free(&s->node);
    if (s->across.size)
        ts_comm_free(&s->across);
    ts_free(s->residual.kept.data);
    ts_free(s->residual.momentum.data);
    ts_free(s->thresholds);
    ts_free(s);
}

void ts_scheme_set_density(ts_scheme *s, ts_density density)
{
    if (!ts_density_check(s->world->ctx, density))
        s->config.density = density;
}

const ts_scheme_steps *ts_scheme_last(const ts_scheme *s)
{
    return &s->steps;
}

ts_status ts_scheme_state(ts_scheme *s, ts_items *items, const char *name)
{
    ts_ctx *ctx = s->world->ctx;
    const int64_t many = s->world->size + 5;
    char text[256];
    if (!ts_scheme_is_sparse(&s->config))
        return ctx->status;
    snprintf(text, sizeof text, "%s.residual", name);
    ts_items_add(ctx, items, text, s->residual.kept);
    if (!ts_is_empty(s->residual.momentum)) {
        snprintf(text, sizeof text, "%s.momentum", name);
        ts_items_add(ctx, items, text, s->residual.momentum);
    }
    if (strcmp(s->config.name, "oktopk") == 0) {
        snprintf(text, sizeof text, "%s.thresholds", name);
        ts_items_add(ctx, items, text, ts_tensor_of(s->thresholds, TS_F64, 1, &many));
    }
    return ctx->status;
}

void ts_scheme_flush(ts_scheme *s, void *gradient)
{
    const size_t wide = ts_dtype_size(s->type);
    if (!ts_scheme_is_sparse(&s->config))
        return;
    void *g = (char *)gradient + (size_t)s->part.begin * wide;
    ts_reduce_into(s->world->ctx, g, s->residual.kept.data, s->part.count, s->type, TS_SUM);
    memset(s->residual.kept.data, 0, (size_t)s->part.count * wide);
}

/* A step. -------------------------------------------------------------------------------------- */

static ts_status dense(ts_scheme *s, void *gradient)
{
    const char *const name = s->config.name;
    ts_comm *world = s->world;
    if (strcmp(name, "tree") == 0)
        return ts_tree_all_reduce(world, gradient, s->d, s->type, TS_SUM);
    if (strcmp(name, "double_tree") == 0)
        return ts_double_tree_all_reduce(world, gradient, s->d, s->type, TS_SUM);
    if (strcmp(name, "torus") == 0)
        return ts_torus_all_reduce(world, gradient, s->d, s->type, TS_SUM);
    if (strcmp(name, "ordered") == 0)
        return ts_ordered_all_reduce(world, gradient, s->d, s->type, TS_SUM);
    return ts_ring_all_reduce(world, gradient, s->d, s->type, TS_SUM);
}

ts_status ts_scheme_aggregate(ts_scheme *s, void *gradient, int64_t step, bool *skipped)
{
    ts_ctx *ctx = s->world->ctx;
    const algorithm *a = algorithm_of(s->config.name);
    bool left_out = false;
    s->steps = (ts_scheme_steps){0};
    if (ctx->status)
        return ctx->status;
    const ts_scope scope = ts_scope_open(ctx);
    if (!a->run)
        dense(s, gradient);
    else if (s->d > 0)
        a->run(s, gradient, step, &left_out);
    if (left_out)
        memset(gradient, 0, (size_t)s->d * ts_dtype_size(s->type));
    if (!s->config.keep_steps)
        ts_scope_close(ctx, scope, NULL, 0);
    if (skipped)
        *skipped = left_out;
    return ctx->status;
}

/* Shared by the sparse ones. ------------------------------------------------------------------- */

void ts_scheme_round(const ts_scheme *s, ts_sparse *values)
{
    if (s->wire == TS_F16)
        ts_residual_round_f16(values);
    else if (s->wire == TS_F32 && s->type == TS_F64)
        ts_round_to(values->values.data, TS_F64, TS_F32, values->count);
}

ts_status ts_scheme_choose(ts_scheme *s, ts_choice *choice, void *g, int64_t k, int64_t step,
                           ts_reused *local)
{
    ts_ctx *ctx = s->world->ctx;
    const int64_t n = s->part.count;
    const ts_draw draw = {s->config.seed, step, ts_comm_world_rank(s->world, s->world->rank),
                          s->bucket};
    *choice = (ts_choice){.u = ts_new(ctx, s->type, 1, &n)};
    if (!ts_is_empty(s->residual.momentum))
        choice->m = ts_new(ctx, s->type, 1, &n);
    if (ctx->status)
        return ctx->status;
    ts_residual_add(&s->residual, &s->config.feedback, choice->u, choice->m,
                    ts_tensor_of(g, s->type, 1, &n));
    if (local)
        ts_topk_reused(ctx, &choice->sent, local, choice->u, k, &ts_reuse_local);
    else
        ts_select(ctx, &choice->sent, &s->config.selector, NULL, choice->u, k, draw);
    if (ctx->status == TS_ERROR_UNSUPPORTED && strstr(ctx->message, "nonfinite")) {
        ts_ctx_clear(ctx);
        choice->nonfinite = true;
        ts_sparse_new(ctx, &choice->sent, s->type, n, 0);
    }
    ts_scheme_round(s, &choice->sent);
    s->steps.sent = choice->sent;
    s->steps.first = s->part.begin;
    return ctx->status;
}

void ts_scheme_keep(ts_scheme *s, const ts_choice *choice, const ts_sparse *sent)
{
    if (!s->world->ctx->status)
        ts_residual_keep(&s->residual, &s->config.feedback, choice->u, choice->m, sent);
}

ts_status ts_scheme_common(ts_ctx *ctx, ts_sparse *out, const ts_sparse *a, const ts_sparse *b)
{
    int64_t n = 0;
    if (ts_sparse_new(ctx, out, a->values.dtype, a->size, a->count))
        return ctx->status;
    for (int64_t i = 0, j = 0; i < a->count && j < b->count;) {
        if (a->indices[i] == b->indices[j]) {
            out->indices[n] = a->indices[i];
            ts_store(out->values.data, out->values.dtype, n++,
                     ts_load(a->values.data, a->values.dtype, i));
        }
        const uint32_t x = a->indices[i], y = b->indices[j];
        i += x <= y;
        j += y <= x;
    }
    out->count = out->values.size[0] = n;
    return ctx->status;
}
