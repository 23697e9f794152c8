#include "tests/support/des.h"

#include "tests/support/golden.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Samples: plain; empty; a feature twice, and in two fields; fields falling; one value 0; large ids. */
static const int64_t offset[DES_SAMPLES + 1] = {0, 4, 4, 9, 13, 16, 19};
static const int64_t field[] = {0, 1, 2, 3, 1, 1, 1, 0, 2, 3, 2, 1, 0, 0, 1, 3, 3, 3, 0};
const int64_t des_row[] = {0, 1, 2, 3, 4, 4, 1, 4, 5, 6, 2, 5, 7, 1, 1, 0, 7, 6, 3};
static const double value[] = {1, 0.5, 2,  1, 1, 0.25, 1, 1,   1, -1,
                               1, 1,   -2, 0, 1, 0.5,  1, 1.5, 1};
enum { COUNT = sizeof value / sizeof *value };
static const uint64_t row_id[DES_ROWS] = {0, UINT64_MAX, 17, 1, 99, (uint64_t)1 << 63, 18, 5};

ts_sparse_batch des_batch(bool positive)
{
    static uint64_t id[COUNT];
    static double without[COUNT];
    for (int p = 0; p < COUNT; p++) {
        id[p] = row_id[des_row[p]];
        without[p] = fabs(value[p]);
    }
    return (ts_sparse_batch){DES_SAMPLES, DES_FIELDS, COUNT, id, field,
                             positive ? without : value, offset};
}

static bool divides(const des_case *c)
{
    return c->mode == TS_POOL_MEAN || c->mode == TS_POOL_SQRTN;
}

static ts_tensor applied(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const des_case *c = arg;
    ts_sharded *s = ts_take(ctx, sizeof *s);
    if (!s)
        return (ts_tensor){0};
    *s = (ts_sharded){.op = c->op, .batch = des_batch(divides(c)), .row = des_row, .how = c->how,
                      .ranks = c->ranks, .k = DES_K, .embedding = in[0], .weight = in[1],
                      .bias = in[2], .dense_count = c->dense, .level = c->level, .mode = c->mode,
                      .heads = c->heads, .scale = c->scale};
    memcpy(s->dense, in + 3, sizeof s->dense);
    if (divides(c))
        s->divisor = ts_batch_divisors(
            ctx, &s->batch, c->mode == TS_POOL_MEAN ? TS_DIVIDE_MEAN : TS_DIVIDE_ROOT);
    return ctx->status ? (ts_tensor){0} : ts_sharded_apply(ctx, s);
}

op_case des_op(const des_case *c)
{
    op_case o = {applied, c, .inputs = 3 + c->dense, .step = c->step};
    if (c->op != &ts_des_linear)
        o.in[0] = c->op == &ts_des_ffm ? op_tensor(1, 0.3, 0, 3, DES_ROWS, DES_FIELDS, DES_K)
                                       : op_tensor(1, 0.3, 0, 2, DES_ROWS, DES_K);
    if (c->weights) {
        o.in[1] = op_tensor(50, 0.5, 0, 1, DES_ROWS);
        o.in[2] = op_tensor(70, 0.5, 0, 1, 1);
    }
    for (int i = 0; i < c->dense; i++) {
        const int *n = c->size[i];
        o.in[3 + i] = op_tensor(100 + 40 * i, 0.4, 0.01, n[2] ? 3 : n[1] ? 2 : 1, n[0], n[1], n[2]);
    }
    return o;
}

static void defined(const des_case *c, des_definition *definition, int64_t n)
{
    op_case o = des_op(c);
    const ts_sparse_batch batch = des_batch(divides(c));
    const double *in[8];
    double *want = calloc((size_t)n + 1, sizeof *want);
    for (int i = 0; i < 8; i++)
        in[i] = o.in[i].data;
    definition(want, &batch, in);
    const ts_tensor y = op_truth(&o);
    assert_int_equal(ts_numel(y), n);
    for (int64_t i = 0; i < n; i++) {
        const double got = ((const double *)y.data)[i];
        if (!(fabs(got - want[i]) <= 1e-13 * (1 + fabs(want[i]))))
            fail_msg("%s, ownership %d, %d ranks: %.17g at %lld, by definition %.17g", c->op->name,
                     c->how, c->ranks, got, (long long)i, want[i]);
    }
    free(y.data);
    free(want);
    op_free(&o);
}

void des_holds(const des_case *given, des_definition *definition, int64_t n)
{
    static const int ranks[] = {1, 2, 3, 5, 8};
    for (int how = TS_BY_HASH; how <= TS_BY_WIDTH; how++)
        for (int r = 0; r < 5; r++) {
            des_case c = *given;
            c.how = (ts_ownership)how;
            c.ranks = ranks[r];
            defined(&c, definition, n);
            if (c.ranks == 1 || c.ranks == 3 || (c.ranks == 8 && how == TS_BY_WIDTH)) {
                op_case o = des_op(&c);
                op_all(&o);
            }
        }
}

void des_pooled(double *e, const ts_sparse_batch *b, int64_t sample, const double *embedding)
{
    memset(e, 0, DES_FIELDS * DES_K * sizeof *e);
    for (int64_t p = b->offset[sample]; p < b->offset[sample + 1]; p++)
        for (int d = 0; d < DES_K; d++)
            e[b->field[p] * DES_K + d] += b->value[p] * embedding[des_row[p] * DES_K + d];
}

/* In f64 on plain, in f32 on fast: the two are one by the operations' tests. */
static void judged(const char *path, const char *ranks, const char *shard)
{
    for (int p = 0; p < 2; p++) {
        ts_ctx ctx;
        ts_case c;
        ts_judging how = {.partial = false};
        ts_report r = {.path = path, .sinusoid = "", .published_sinusoid = ""};
        ts_ctx_open_plain(&ctx);
        r.format = p ? "f32" : "f64";
        r.backend = p ? "fast" : "plain";
        ts_how_from(&ctx, &how.how, &how.format, r.format, r.backend, 1);
        ts_case_open(&ctx, &c, path);
        ts_job_set(&ctx, &c.job, ranks);
        ts_job_set(&ctx, &c.job, shard);
        if (ctx.status)
            fail_msg("%s", ctx.message);
        ts_judge_case(&r, &c, &how);
        if (*r.error && !r.expected_error)
            fail_msg("%s, %s, %s: %s", path, ranks, shard, r.error);
        assert_true(r.count > 0 || r.expected_error);
        for (int64_t i = 0; i < r.count; i++)
            if (!ts_finding_passed(&r.findings[i]))
                fail_msg("%s, %s, %s: %s is refused", path, ranks, shard, r.findings[i].name);
        ts_report_free(&r);
        ts_case_close(&c);
        ts_ctx_close(&ctx);
    }
}

int des_goldens(const char *prefix)
{
    static const char *const ranks[] = {"ranks=1", "ranks=2", "ranks=3", "ranks=5", "ranks=8"};
    static const char *const shard[] = {"shard=hash", "shard=field", "shard=width"};
    DIR *dir = opendir("data/goldens/des");
    int count = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(path, sizeof path, "data/goldens/des/%s", entry->d_name);
        golden_accepted(path);
        for (int i = 0; i < 15; i++)
            judged(path, ranks[i % 5], shard[i / 5]);
        count++;
    }
    closedir(dir);
    return count;
}
