/* modules.c: operators of recommenders by name; a batch of occurrences and a table go in.
 *
 *     ids (E), fields (E), values (E), offsets (B + 1): the batch (batch.h)
 *     row_ids (V), embedding (V, k), weight (V), bias (1): the table, in any order of rows
 *
 * An id that the table lacks counts as 0, has no gradient, and is counted; so does a value of 0. The
 * result is the same for every number of ranks and every ownership; what was sent is put into the
 * call's facts.
 *
 * Test: tests/des/test_modules.c                              Golden: des/ */
#include "ref/des/modules.h"

#include "ref/des/ids.h"
#include "ref/des/sharded.h"
#include "ref/io/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Inputs. -------------------------------------------------------------------------------------- */

/* An integer input as 64-bit words, (n). */
static const int64_t *integers(ts_ctx *ctx, const ts_call *call, const char *name, int64_t *n)
{
    const ts_tensor t = ts_call_input(ctx, call, name);
    *n = 0;
    if (ctx->status)
        return NULL;
    if ((t.dtype != TS_I64 && t.dtype != TS_U64) || t.rank != 1) {
        char shape[TS_SHAPE_TEXT];
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: %s is %s: expected (n) I64", call->module, name,
                ts_shape_text(shape, t));
        return NULL;
    }
    int64_t *words = ts_take(ctx, (size_t)t.size[0] * sizeof *words);
    if (words)
        ts_elements(words, t);
    *n = t.size[0];
    return words;
}

static const double *factors(ts_ctx *ctx, const ts_call *call, int64_t count)
{
    const ts_tensor t = ts_call_input(ctx, call, "values");
    if (ctx->status || ts_expect(ctx, t, "values", 1, &count))
        return NULL;
    double *x = ts_take(ctx, (size_t)count * sizeof *x);
    void *plain = ts_take(ctx, (size_t)count * ts_dtype_size(t.dtype));
    if (!x || !plain)
        return NULL;
    ts_elements(plain, t);
    ts_convert(x, TS_F64, plain, t.dtype, count);
    return x;
}

static ts_status batch_of(ts_ctx *ctx, const ts_call *call, ts_sparse_batch *b)
{
    int64_t fields, offsets;
    b->id = (const uint64_t *)integers(ctx, call, "ids", &b->count);
    b->field = integers(ctx, call, "fields", &fields);
    b->value = factors(ctx, call, b->count);
    b->offset = integers(ctx, call, "offsets", &offsets);
    b->fields = ts_call_int(ctx, call, "fields", 1);
    b->samples = offsets - 1;
    if (ctx->status)
        return ctx->status;
    if (fields != b->count || offsets < 1)
        return ts_fail(ctx, TS_ERROR_SHAPE,
                       "%s: %lld ids, %lld fields, %lld offsets: expected a field for each id, and "
                       "an offset more than there are samples",
                       call->module, (long long)b->count, (long long)fields, (long long)offsets);
    return ts_batch_check(ctx, b);
}

/* The features that the table has, and where; the others are counted. */
static ts_status resolve(ts_ctx *ctx, const ts_call *call, ts_sharded *s, int64_t *rows)
{
    const ts_sparse_batch all = s->batch;
    const uint64_t *row_id = (const uint64_t *)integers(ctx, call, "row_ids", rows);
    ts_ids index;
    ts_ids_of(ctx, &index, row_id, *rows);
    uint64_t *id = ts_take(ctx, (size_t)all.count * sizeof *id);
    int64_t *field = ts_take(ctx, (size_t)all.count * sizeof *field);
    int64_t *row = ts_take(ctx, (size_t)all.count * sizeof *row);
    double *value = ts_take(ctx, (size_t)all.count * sizeof *value);
    int64_t *offset = ts_take(ctx, ((size_t)all.samples + 1) * sizeof *offset);
    int64_t n = 0, absent = 0, unknown = 0;
    if (ctx->status)
        return ctx->status;
    offset[0] = 0;
    for (int64_t b = 0; b < all.samples; b++) {
        for (int64_t p = all.offset[b]; p < all.offset[b + 1]; p++) {
            const int64_t at = *ts_ids_place(&index, all.id[p]);
            absent += all.value[p] == 0.0;
            unknown += all.value[p] != 0.0 && at < 0;
            if (all.value[p] == 0.0 || at < 0)
                continue;
            id[n] = all.id[p];
            field[n] = all.field[p];
            value[n] = all.value[p];
            row[n++] = at;
        }
        offset[b + 1] = n;
    }
    s->batch = (ts_sparse_batch){all.samples, all.fields, n, id, field, value, offset};
    s->row = row;
    json_object_set_new(s->facts, "samples", json_integer(all.samples));
    json_object_set_new(s->facts, "occurrences", json_integer(n));
    json_object_set_new(s->facts, "absent", json_integer(absent));
    json_object_set_new(s->facts, "unknown_ids", json_integer(unknown));
    return TS_OK;
}

/* Numbers that are not finite would be answered with numbers that mean nothing. */
static ts_tensor weights(ts_ctx *ctx, const ts_call *call, const char *name, int rank,
                         const int64_t *size)
{
    const ts_tensor t = ts_call_input(ctx, call, name);
    if (ctx->status || ts_expect(ctx, t, name, rank, size))
        return (ts_tensor){0};
    if (t.dtype != ctx->compute) {
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: %s must be floats", call->module, name);
        return (ts_tensor){0};
    }
    const ts_tensor x = ts_contiguous(ctx, t);
    for (int64_t i = 0; i < ts_numel(t) && !ctx->status; i++)
        if (!isfinite(ts_load(x.data, x.dtype, i)))
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: nonfinite number %lld of %s", call->module,
                    (long long)i, name);
    return x;
}

/* Settings. ------------------------------------------------------------------------------------ */

/* One of the words, by its number. */
static int word_of(ts_ctx *ctx, const ts_call *call, const char *key, const char *const *words)
{
    const char *word = ts_call_text(ctx, call, key, words[0]);
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    char list[128] = "";
    for (int i = 0; words[i]; i++) {
        const size_t at = strlen(list);
        snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", words[i]);
    }
    ts_fail(ctx, TS_ERROR_USAGE, "%s: settings: %s is \"%s\": expected one of %s", call->module, key,
            word, list);
    return 0;
}

static ts_status world_of(ts_ctx *ctx, const ts_call *call, ts_sharded *s)
{
    static const char *const owns[] = {"hash", "field", "width", NULL};
    const int64_t ranks = ts_call_int(ctx, call, "ranks", 1);
    const int how = word_of(ctx, call, "shard", owns);
    if (ctx->status)
        return ctx->status;
    if (ranks < 1 || ranks > TS_MAX_RANKS)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: settings: %lld ranks: expected 1 .. %d",
                       call->module, (long long)ranks, TS_MAX_RANKS);
    s->ranks = (int)ranks;
    s->how = (ts_ownership)how;
    json_object_set_new(s->facts, "ranks", json_integer(ranks));
    json_object_set_new(s->facts, "shard", json_string(owns[how]));
    return TS_OK;
}

/* A setting that says again what a shape says. */
static ts_status same(ts_ctx *ctx, const ts_call *call, const char *key, int64_t value)
{
    const int64_t said = ts_call_int(ctx, call, key, value);
    if (said != value)
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: settings: %s is %lld, the weights have %lld", call->module,
                key, (long long)said, (long long)value);
    return ctx->status;
}

/* Operators. ----------------------------------------------------------------------------------- */

/* Batch, table, and how many ranks; the divisors are made of all that is in the batch. */
static ts_sharded *begin(ts_ctx *ctx, ts_call *call, const ts_des_operator *op, int64_t *rows)
{
    ts_sharded *s = ts_take(ctx, sizeof *s);
    if (!s)
        return NULL;
    *s = (ts_sharded){.op = op, .heads = 1, .scale = 1.0};
    json_decref(call->facts);
    s->facts = call->facts = json_object();
    if (world_of(ctx, call, s) || batch_of(ctx, call, &s->batch))
        return NULL;
    if (s->mode == TS_POOL_SUM && op == &ts_des_pooling) {
        static const char *const modes[] = {"sum", "mean", "sqrtn", "max", NULL};
        s->mode = (ts_pool_mode)word_of(ctx, call, "mode", modes);
    }
    if (s->mode == TS_POOL_MEAN || s->mode == TS_POOL_SQRTN)
        s->divisor = ts_batch_divisors(
            ctx, &s->batch, s->mode == TS_POOL_MEAN ? TS_DIVIDE_MEAN : TS_DIVIDE_ROOT);
    return ctx->status || resolve(ctx, call, s, rows) ? NULL : s;
}

/* The table's rows, k wide; ffm's have one for each partner field. */
static ts_status with_embedding(ts_ctx *ctx, const ts_call *call, ts_sharded *s, int64_t rows)
{
    const int64_t flat[2] = {rows, -1}, deep[3] = {rows, s->batch.fields, -1};
    const bool ffm = s->op == &ts_des_ffm;
    s->embedding = weights(ctx, call, "embedding", ffm ? 3 : 2, ffm ? deep : flat);
    s->k = ctx->status ? 0 : ts_size(s->embedding, -1);
    int64_t numbers;
    if (!ctx->status && (!ts_mul_size(s->k, s->batch.fields, &numbers) ||
                         !ts_mul_size(numbers, s->batch.fields, &numbers) ||
                         !ts_mul_size(numbers, s->batch.samples, &numbers)))
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: %lld fields are too many", call->module,
                (long long)s->batch.fields);
    return ctx->status;
}

static ts_status with_weight(ts_ctx *ctx, const ts_call *call, ts_sharded *s, int64_t rows)
{
    s->weight = weights(ctx, call, "weight", 1, &rows);
    s->bias = weights(ctx, call, "bias", 1, (const int64_t[]){1});
    return ctx->status;
}

static void dense(ts_ctx *ctx, const ts_call *call, ts_sharded *s, const char *name, int rank,
                  const int64_t *size)
{
    if (s->dense_count == TS_DES_DENSE)
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: more than %d weights", call->module, TS_DES_DENSE);
    else
        s->dense[s->dense_count++] = weights(ctx, call, name, rank, size);
}

static ts_status finish(ts_ctx *ctx, ts_call *call, const ts_sharded *s)
{
    if (!ctx->status)
        ts_call_output(ctx, call, "output", ts_sharded_apply(ctx, s));
    return ctx->status;
}

static ts_fm_level level_of(ts_ctx *ctx, const ts_call *call)
{
    static const char *const levels[] = {"feature", "field", NULL};
    return (ts_fm_level)word_of(ctx, call, "fm", levels);
}

static ts_status run_linear(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_linear, &rows);
    if (s)
        with_weight(ctx, call, s, rows);
    return finish(ctx, call, s);
}

static ts_status run_fm(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_fm, &rows);
    if (s && !with_embedding(ctx, call, s, rows) && !with_weight(ctx, call, s, rows))
        s->level = level_of(ctx, call);
    return finish(ctx, call, s);
}

static ts_status run_bi_interaction(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_bi_interaction, &rows);
    if (s && !with_embedding(ctx, call, s, rows))
        s->level = level_of(ctx, call);
    return finish(ctx, call, s);
}

static ts_status run_pooling(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_pooling, &rows);
    if (s)
        with_embedding(ctx, call, s, rows);
    return finish(ctx, call, s);
}

/* The numbers of vec(E). */
static int64_t flat_of(const ts_sharded *s)
{
    return s->batch.fields * s->k;
}

static ts_status run_fc(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_fc, &rows);
    if (s && !with_embedding(ctx, call, s, rows)) {
        dense(ctx, call, s, "fc.weight", 2, (const int64_t[]){-1, flat_of(s)});
        dense(ctx, call, s, "fc.bias", 1, s->dense[0].size);
        if (!ctx->status)
            same(ctx, call, "hidden", s->dense[0].size[0]);
    }
    return finish(ctx, call, s);
}

static ts_status run_dcn(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_dcn, &rows);
    if (s && !with_embedding(ctx, call, s, rows)) {
        const int64_t n = flat_of(s);
        dense(ctx, call, s, "cross.weight", 2, (const int64_t[]){-1, n});
        dense(ctx, call, s, "cross.bias", 2, s->dense[0].size);
        dense(ctx, call, s, "cross.out", 1, &n);
        if (!ctx->status)
            same(ctx, call, "layers", s->dense[0].size[0]);
    }
    return finish(ctx, call, s);
}

static ts_status run_cin(ts_ctx *ctx, ts_call *call)
{
    int64_t rows, maps[TS_DES_DENSE];
    char name[32], where[64];
    ts_sharded *s = begin(ctx, call, &ts_des_cin, &rows);
    snprintf(where, sizeof where, "%s: settings", call->module);
    const int layers = ts_json_ints(ctx, call->settings, where, "maps", maps, TS_DES_DENSE);
    if (s && layers == 0)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: maps is missing: the number of maps of each layer", where);
    if (s && !ctx->status && !with_embedding(ctx, call, s, rows))
        for (int l = 0; l < layers && !ctx->status; l++) {
            const int64_t F = s->batch.fields, size[3] = {maps[l], l ? maps[l - 1] : F, F};
            snprintf(name, sizeof name, "cin.weight.%d", l);
            dense(ctx, call, s, name, 3, size);
        }
    return finish(ctx, call, s);
}

static ts_status run_inner_product(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_inner_product, &rows);
    if (s)
        with_embedding(ctx, call, s, rows);
    return finish(ctx, call, s);
}

static ts_status run_ffm(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_ffm, &rows);
    if (s && !with_embedding(ctx, call, s, rows))
        with_weight(ctx, call, s, rows);
    return finish(ctx, call, s);
}

static ts_status run_attention(ts_ctx *ctx, ts_call *call)
{
    int64_t rows;
    ts_sharded *s = begin(ctx, call, &ts_des_attention, &rows);
    if (s && !with_embedding(ctx, call, s, rows)) {
        s->heads = ts_call_int(ctx, call, "heads", 1);
        s->scale = ts_call_real(ctx, call, "scale", 1.0);
        dense(ctx, call, s, "attention.query", 2, (const int64_t[]){s->k, -1});
        dense(ctx, call, s, "attention.key", 2, s->dense[0].size);
        dense(ctx, call, s, "attention.value", 2, s->dense[0].size);
        if (!ts_is_empty(ts_call_optional(call, "attention.residual")))
            dense(ctx, call, s, "attention.residual", 2, s->dense[0].size);
        const int64_t d = ctx->status ? 0 : s->dense[0].size[1];
        if (!ctx->status && (s->heads < 1 || d < 1 || d % s->heads != 0 || !isfinite(s->scale)))
            ts_fail(ctx, TS_ERROR_USAGE, "%s: settings: %lld heads do not divide %lld columns",
                    call->module, (long long)s->heads, (long long)d);
    }
    return finish(ctx, call, s);
}

#define BATCH "ids (E) I64; fields (E) I64; values (E); offsets (B + 1) I64; row_ids (V) I64; "
#define WORLD "ranks shard fields"

const ts_module ts_des_modules[] = {
    {"des.linear", BATCH "weight (V); bias (1)", "output (B)", WORLD,
     "bias and the sum of x w, made by sub-operators on ranks", run_linear},
    {"des.fm", BATCH "embedding (V, k); weight (V); bias (1)", "output (B)", WORLD " fm",
     "factorisation machine on features or fields, made by sub-operators on ranks", run_fm},
    {"des.bi_interaction", BATCH "embedding (V, k)", "output (B, k)", WORLD " fm",
     "its pairs, number by number, made by sub-operators on ranks", run_bi_interaction},
    {"des.pooling", BATCH "embedding (V, k)", "output (B, fields, k)", WORLD " mode",
     "fields pooled by sum, mean, sqrtn or max, made by sub-operators on ranks", run_pooling},
    {"des.fc", BATCH "embedding (V, k); fc.weight (H, fields k); fc.bias (H)", "output (B, H)",
     WORLD " hidden", "the first layer on sum-pooled fields, pushed below the sum", run_fc},
    {"des.dcn", BATCH "embedding (V, k); cross.weight, cross.bias (L, fields k); cross.out (fields k)",
     "output (B)", WORLD " layers", "vector cross network from L + 1 numbers a sample", run_dcn},
    {"des.cin", BATCH "embedding (V, k); cin.weight.0 (O, fields, fields); ...", "output (B, maps)",
     WORLD " maps", "compressed interaction network, made by sub-operators on ranks", run_cin},
    {"des.inner_product", BATCH "embedding (V, k)", "output (B, fields (fields - 1) / 2)", WORLD,
     "inner products of all pairs of fields, made by sub-operators on ranks", run_inner_product},
    {"des.ffm", BATCH "embedding (V, fields, k); weight (V); bias (1)", "output (B)", WORLD,
     "field-aware factorisation machine, made by sub-operators on ranks", run_ffm},
    {"des.attention",
     BATCH "embedding (V, k); attention.query, .key, .value (k, d); [attention.residual (k, d)]",
     "output (B, fields, d)", WORLD " heads scale",
     "self-attention over the fields, made by sub-operators on ranks", run_attention},
    {0},
};
