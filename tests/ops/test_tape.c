#include "tests/support/op.h"

#include "ref/base/trace.h"
#include "ref/ops/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const ts_tensor none = {0};

/* One input in three places: twice in one operation, and through a view in another. */
static ts_tensor thrice(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    const ts_tensor square = ts_linear(ctx, in[0], ts_contiguous(ctx, in[0]), none);
    const ts_tensor part = ts_slice(ctx, in[0], 1, 0, 3);
    const ts_tensor parts[3] = {square, part, ts_transpose(ctx, part, 0, 1)};
    return ts_concat(ctx, parts, 3, 1);
}

static void shared_inputs(void **state)
{
    (void)state;
    op_case c = {thrice, .inputs = 1, .in = {op_tensor(1, 1, 0, 2, 3, 5)}};
    op_all(&c);
}

/* A small graph with several chunks of memory and a trace; exit code for the parent. */
static int small_graph(void)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ctx.trace = ts_trace_new();
    if (!ctx.trace)
        return 1;
    ts_tensor x = ts_new_zero(&ctx, TS_F32, 4, (const int64_t[]){1, 16, 96, 96});
    ts_tensor w = ts_new_zero(&ctx, TS_F32, 2, (const int64_t[]){64, 64});
    w.name = "proj.weight";
    ts_want_grad(&ctx, &x, "x");
    ts_want_grad(&ctx, &w, "w");
    const ts_tensor y = ts_named(&ctx, ts_linear(&ctx, ts_pack(&ctx, x), w, none), "out", -1);
    const ts_tensor heads = ts_merge_heads(&ctx, ts_split_heads(&ctx, y, 4));
    const ts_tensor loss = ts_mse(&ctx, heads, y, none);
    float one = 1.0f;
    ts_seed_grad(&ctx, loss, ts_tensor_of(&one, TS_F32, 0, NULL));
    ts_tape_backward(&ctx);
    const bool whole = ctx.status == TS_OK && x.grad->value.data && w.grad->value.data;
    const bool said = ctx.status == TS_ERROR_MEMORY && strstr(ctx.message, "memory");
    ts_trace_free(ctx.trace);
    ts_ctx_close(&ctx);
    return whole ? 0 : said && ctx.arena.used == 0 ? 1 : 2;
}

/* Each allocation in turn fails: memory is reported and given back, nothing crashes. First of all
 * tests: the number of the failing allocation is read at the first one of the process. */
static void planted_faults(void **state)
{
    (void)state;
    int site = 1, code = 1;
    for (; code == 1 && site < 200; site++) {
        fflush(NULL);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            char text[16];
            snprintf(text, sizeof text, "%d", site);
            setenv("TS_FAIL_ALLOC", text, 1);
            exit(small_graph()); /* not _exit: a leak checker looks here */
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        code = WEXITSTATUS(status);
    }
    assert_int_equal(code, 0); /* the last: beyond all allocations */
    assert_true(site > 8);
}

static ts_tensor floats(float *data, int64_t n)
{
    return ts_tensor_of(data, TS_F32, 1, &n);
}

static void seeds(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[2] = {1, 2}, dy[3] = {10, 20, 30};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_tensor t = floats(x, 2);
    ts_seed_grad(&ctx, t, floats(dy, 3)); /* wants none: ignored */
    assert_int_equal(ctx.status, TS_OK);
    ts_want_grad(&ctx, &t, "x");
    const ts_tensor y = ts_slice(&ctx, t, 0, 1, 1), unused = ts_slice(&ctx, t, 0, 0, 1);
    ts_seed_grad(&ctx, y, floats(dy, 1));
    ts_seed_grad(&ctx, y, floats(dy + 1, 1)); /* cotangents add up */
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    const float expected[2] = {0, 30};
    assert_memory_equal(t.grad->value.data, expected, sizeof expected);
    assert_true(ts_is_empty(unused.grad->value)); /* nothing flowed */
    /* The tape is empty now, and recording is off. */
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    assert_memory_equal(t.grad->value.data, expected, sizeof expected);
    assert_null(ts_slice(&ctx, t, 0, 0, 1).grad);
    ts_want_grad(&ctx, &t, "x");
    const ts_tensor again = ts_slice(&ctx, t, 0, 0, 2);
    ts_seed_grad(&ctx, again, floats(dy, 3));
    assert_int_equal(ctx.status, TS_ERROR_SHAPE);
    ts_ctx_close(&ctx);
}

static void integers_want_none(void **state)
{
    (void)state;
    ts_ctx ctx;
    int64_t ids[1] = {0};
    float table[2] = {1, 2};
    const int64_t one = 1;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_tensor t = ts_tensor_of(table, TS_F32, 2, (const int64_t[]){1, 2});
    ts_want_grad(&ctx, &t, "table");
    const ts_tensor i = ts_tensor_of(ids, TS_I64, 1, &one), y = ts_embedding(&ctx, t, i);
    ts_seed_grad(&ctx, y, y);
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    assert_memory_equal(t.grad->value.data, table, sizeof table);
    ts_tensor bad = i;
    ts_want_grad(&ctx, &bad, "ids");
    assert_int_equal(ctx.status, TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "ids"));
    assert_null(bad.grad);
    ts_ctx_close(&ctx);
}

static void copy(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    memcpy(s->out.data, s->in[0].data, (size_t)ts_numel(s->out) * ts_dtype_size(s->out.dtype));
}

static void fails(ts_ctx *ctx, ts_step *s)
{
    (void)s;
    ts_fail(ctx, TS_ERROR_MISMATCH, "planted");
}

static void zero_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    memset(s->out.gauge, 0, (size_t)ts_numel(s->out) * sizeof(double));
}

static void copy_back(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    memcpy(s->din[0].data, s->dout.data, (size_t)ts_numel(s->out) * ts_dtype_size(s->out.dtype));
}

static ts_status walked(const ts_op *op, bool gauges, bool *reached)
{
    ts_ctx ctx;
    double x[2] = {1, 2};
    const int64_t n = 2;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ctx.gauges = gauges;
    ts_tensor t = ts_tensor_of(x, TS_F64, 1, &n);
    ts_want_grad(&ctx, &t, "x");
    ts_step s = {.op = op, .in = {t}, .inputs = 1};
    ts_step_out(&ctx, &s, 1, &n);
    const ts_tensor y = ts_apply(&ctx, &s);
    ts_seed_grad(&ctx, y, y);
    const ts_status status = ts_tape_backward(&ctx);
    *reached = !ts_is_empty(t.grad->value);
    assert_null(ctx.tape);
    ts_ctx_close(&ctx);
    return status;
}

/* Operations without a gradient, without its gauge, and one that fails on the way back. */
static void half_operations(void **state)
{
    (void)state;
    static const ts_op no_backward = {"bare", copy, NULL, zero_gauge, NULL};
    static const ts_op no_gauge = {"bare", copy, copy_back, zero_gauge, NULL};
    static const ts_op failing = {"bare", copy, fails, zero_gauge, NULL};
    static const ts_op never = {"bare", fails, copy_back, zero_gauge, NULL};
    bool reached;
    assert_int_equal(walked(&no_backward, false, &reached), TS_ERROR_UNSUPPORTED);
    assert_false(reached);
    assert_int_equal(walked(&no_gauge, false, &reached), TS_OK);
    assert_true(reached);
    assert_int_equal(walked(&no_gauge, true, &reached), TS_ERROR_UNSUPPORTED);
    assert_false(reached);
    assert_int_equal(walked(&failing, false, &reached), TS_ERROR_MISMATCH);
    assert_false(reached);
    assert_int_equal(walked(&never, false, &reached), TS_ERROR_MISMATCH);
    assert_false(reached);
}

/* Gradients are rounded as results are, and so is their sum. */
static void rounding(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[1] = {1}, dy[2] = {1.00390625f * 256, 1.0f}; /* 257: bf16 has 256 and 258 */
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ctx.round = TS_BF16;
    ts_tensor t = floats(x, 1);
    ts_want_grad(&ctx, &t, "x");
    const ts_tensor parts[2] = {t, t};
    const ts_tensor y = ts_concat(&ctx, parts, 2, 0);
    ts_seed_grad(&ctx, y, floats(dy, 2));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    assert_true(((float *)t.grad->value.data)[0] == 256.0f); /* 257 -> 256; 256 + 1 -> 256 */
    ts_ctx_close(&ctx);
}

/* The gauge of a sum of gradients counts both terms and the rounding of the sum. */
static void sums_are_gauged(void **state)
{
    (void)state;
    ts_ctx ctx;
    double x[1] = {1}, dy[2] = {3, -5};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ctx.gauges = true;
    ts_tensor t = ts_tensor_of(x, TS_F64, 1, (const int64_t[]){1});
    ts_want_grad(&ctx, &t, "x");
    const ts_tensor parts[2] = {t, t}, y = ts_concat(&ctx, parts, 2, 0);
    ts_seed_grad(&ctx, y, ts_tensor_of(dy, TS_F64, 1, y.size));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    assert_true(((double *)t.grad->value.data)[0] == -2.0 && t.grad->value.gauge[0] == 8.0);
    ts_ctx_close(&ctx);
}

/* While a tape is kept, closing a scope gives nothing back: backward still needs it. */
static void scopes(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[4] = {1, 2, 3, 4}, dy[4] = {1, 1, 1, 1};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_tensor t = ts_tensor_of(x, TS_F32, 2, (const int64_t[]){2, 2});
    ts_want_grad(&ctx, &t, "x");
    const ts_scope scope = ts_scope_open(&ctx);
    const ts_tensor inner = ts_contiguous(&ctx, ts_transpose(&ctx, t, 0, 1));
    ts_tensor y = ts_linear(&ctx, inner, inner, none);
    ts_scope_close(&ctx, scope, (ts_tensor *const[]){&y}, 1);
    ts_new_zero(&ctx, TS_F32, 1, (const int64_t[]){64}); /* would overwrite what was given back */
    ts_seed_grad(&ctx, y, ts_tensor_of(dy, TS_F32, 2, y.size));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    const float expected[4] = {6, 6, 14, 14}; /* 2 x the sum of the row of x */
    assert_memory_equal(t.grad->value.data, expected, sizeof expected);
    ts_ctx_close(&ctx);
}

/* Without a tape, what is kept is moved, and a strided view comes out contiguous. */
static void scopes_keep_views(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[6] = {1, 2, 3, 4, 5, 6};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor t = ts_tensor_of(x, TS_F32, 2, (const int64_t[]){2, 3});
    const ts_scope scope = ts_scope_open(&ctx);
    const ts_tensor parts[2] = {t, t}, both = ts_concat(&ctx, parts, 2, 1);
    ts_tensor y = ts_slice(&ctx, both, 1, 1, 2), z = ts_transpose(&ctx, y, 0, 1);
    ts_scope_close(&ctx, scope, (ts_tensor *const[]){&y, &z}, 2);
    const float expected[4] = {2, 3, 5, 6}, turned[4] = {2, 5, 3, 6};
    assert_true(ts_is_contiguous(y) && ts_is_contiguous(z));
    assert_memory_equal(y.data, expected, sizeof expected);
    assert_memory_equal(z.data, turned, sizeof turned);
    ts_ctx_close(&ctx);
}

static void interrupted(void **state)
{
    (void)state;
    ts_ctx ctx;
    volatile sig_atomic_t stop = 0;
    float x[2] = {1, 2};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ctx.progress.stop = &stop;
    ts_tensor t = floats(x, 2);
    ts_want_grad(&ctx, &t, "x");
    const ts_tensor y = ts_slice(&ctx, t, 0, 0, 1);
    ts_seed_grad(&ctx, y, floats(x, 1));
    stop = 1;
    assert_int_equal(ts_tape_backward(&ctx), TS_ERROR_INTERRUPTED);
    assert_true(ts_is_empty(t.grad->value));
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_faults),  cmocka_unit_test(shared_inputs),
        cmocka_unit_test(seeds),           cmocka_unit_test(integers_want_none),
        cmocka_unit_test(half_operations), cmocka_unit_test(rounding),
        cmocka_unit_test(sums_are_gauged), cmocka_unit_test(scopes),
        cmocka_unit_test(interrupted),     cmocka_unit_test(scopes_keep_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
