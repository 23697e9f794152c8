#include "tests/support/op.h"

#include "ref/ops/tape.h"

#include <stdlib.h>

typedef struct {
    int axis, rank;
    int64_t first, count;
    int64_t size[TS_MAX_RANK];
    int order[TS_MAX_RANK];
} view;

static ts_tensor sliced(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const view *v = arg;
    return ts_slice(ctx, in[0], v->axis, v->first, v->count);
}

static ts_tensor permuted(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_permute(ctx, in[0], ((const view *)arg)->order);
}

static ts_tensor transposed(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const view *v = arg;
    return ts_transpose(ctx, in[0], v->order[0], v->order[1]);
}

static ts_tensor reshaped(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const view *v = arg;
    return ts_reshape(ctx, in[0], v->rank, v->size);
}

/* A view of a view of a view, then a copy: the strides of each come from the one before. */
static ts_tensor chained(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    const ts_tensor a = ts_permute(ctx, in[0], (const int[]){2, 0, 1}); /* (5, 2, 3) */
    const ts_tensor b = ts_slice(ctx, a, 0, 1, 3);                      /* (3, 2, 3) */
    const ts_tensor c = ts_slice(ctx, ts_transpose(ctx, b, 0, -1), 1, 1, 1); /* (3, 1, 3) */
    return ts_contiguous(ctx, c);
}

/* The same input through two views and through an operation that needs it laid out. */
static ts_tensor twice(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    const ts_tensor a = ts_slice(ctx, in[0], 1, 0, 3), b = ts_slice(ctx, in[0], 1, 2, 3);
    return ts_linear(ctx, a, ts_contiguous(ctx, b), (ts_tensor){0});
}

static ts_tensor heads(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    return ts_split_heads(ctx, in[0], *(const int64_t *)arg);
}

static ts_tensor merged(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_merge_heads(ctx, in[0]);
}

static void slices(void **state)
{
    (void)state;
    static const view v[] = {{.axis = 0, .first = 1, .count = 1}, {.axis = 1, .first = 0, .count = 3}, {.axis = -1, .first = 2, .count = 3}, {.axis = 2, .first = 5, .count = 0}, {.axis = 1, .first = 3, .count = 0}};
    for (int i = 0; i < 5; i++) {
        op_case c = {sliced, &v[i], .inputs = 1, .in = {op_tensor(i, 1, 0, 3, 2, 3, 5)}};
        op_all(&c);
    }
    op_case none = {sliced, &v[1], .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 0, 3, 5)}};
    op_all(&none);
}

static void orders(void **state)
{
    (void)state;
    static const view v[] = {{.order = {2, 0, 1}}, {.order = {0, 1, 2}}, {.order = {1, 0, 2}}};
    for (int i = 0; i < 3; i++) {
        op_case c = {permuted, &v[i], .inputs = 1, .in = {op_tensor(i, 1, 0, 3, 7, 3, 5)}};
        op_all(&c);
    }
    static const view ends = {.order = {0, -1}};
    op_case c = {transposed, &ends, .inputs = 1, .in = {op_tensor(1, 1, 0, 3, 1, 3, 2)}};
    op_all(&c);
    op_case t = {transposed, &ends, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 2, 3)}};
    const ts_tensor y = op_truth(&t);
    const double *x = t.in[0].data, expected[6] = {x[0], x[3], x[1], x[4], x[2], x[5]};
    assert_memory_equal(y.data, expected, sizeof expected);
    free(y.data);
    op_free(&t);
}

static void shapes(void **state)
{
    (void)state;
    static const view v[] = {{.rank = 2, .size = {6, 5}},  {.rank = 1, .size = {30}},
                             {.rank = 3, .size = {5, -1, 2}}, {.rank = 6, .size = {1, 2, 1, 3, 1, 5}}};
    for (int i = 0; i < 4; i++) {
        op_case c = {reshaped, &v[i], .inputs = 1, .in = {op_tensor(i, 1, 0, 3, 2, 3, 5)}};
        op_all(&c);
    }
    static const view one = {.rank = 0};
    op_case c = {reshaped, &one, .inputs = 1, .in = {op_tensor(1, 1, 0, 2, 1, 1)}};
    op_all(&c);
}

static void chains(void **state)
{
    (void)state;
    op_case c = {chained, .inputs = 1, .in = {op_tensor(2, 1, 0, 3, 2, 3, 5)}};
    op_all(&c);
    op_case d = {twice, .inputs = 1, .in = {op_tensor(4, 1, 0, 2, 3, 5)}};
    op_all(&d);
}

static void attention_heads(void **state)
{
    (void)state;
    static const int64_t two = 2;
    op_case c = {heads, &two, .inputs = 1, .in = {op_tensor(2, 1, 0, 3, 2, 3, 10)}};
    op_all(&c);
    op_case d = {merged, .inputs = 1, .in = {op_tensor(3, 1, 0, 4, 2, 3, 5, 2)}};
    op_all(&d);
    op_case e = {merged, .inputs = 1, .in = {op_tensor(3, 1, 0, 4, 1, 24, 97, 32)}}; /* threaded */
    op_tables(&e);
    op_free(&e);
}

static void shares(void **state)
{
    (void)state;
    ts_ctx ctx;
    float data[6] = {0, 1, 2, 3, 4, 5};
    const int64_t size[2] = {2, 3}, flat[1] = {6};
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
    ts_tensor x = ts_tensor_of(data, TS_F32, 2, size);
    x.name = "proj.weight";
    assert_ptr_equal(ts_slice(&ctx, x, 1, 1, 2).data, data + 1);
    assert_ptr_equal(ts_reshape(&ctx, x, 1, flat).data, data);
    assert_string_equal(ts_reshape(&ctx, x, 1, flat).name, x.name);
    assert_ptr_equal(ts_contiguous(&ctx, x).data, data);
    const ts_tensor turned = ts_transpose(&ctx, x, 0, 1);
    assert_ptr_equal(turned.data, data);
    assert_int_equal(turned.stride[1], 3);
    assert_ptr_not_equal(ts_reshape(&ctx, turned, 1, flat).data, data);
    /* Integers move as well, and stay integers. */
    int64_t ids[4] = {1, 2, 3, 4};
    const ts_tensor i = ts_tensor_of(ids, TS_I64, 2, (const int64_t[]){2, 2});
    const ts_tensor moved = ts_contiguous(&ctx, ts_transpose(&ctx, i, 0, 1));
    assert_int_equal(moved.dtype, TS_I64);
    assert_int_equal(((int64_t *)moved.data)[1], 3);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

/* A slice of a bf16 weight is widened where it is used, and its gradient has the weight's sizes. */
static void narrow_weights(void **state)
{
    (void)state;
    ts_ctx ctx;
    uint16_t half[4] = {0x3f80, 0x4000, 0x4040, 0x4080}; /* 1 2 3 4 */
    float one[2] = {1.0f, 10.0f};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_tensor w = ts_tensor_of(half, TS_BF16, 2, (const int64_t[]){2, 2});
    ts_want_grad(&ctx, &w, "w");
    const ts_tensor x = ts_tensor_of(one, TS_F32, 2, (const int64_t[]){1, 2});
    const ts_tensor y = ts_linear(&ctx, x, ts_contiguous(&ctx, ts_slice(&ctx, w, 0, 1, 1)),
                                  (ts_tensor){0});
    assert_int_equal(ctx.status, TS_OK);
    assert_true(((float *)y.data)[0] == 43.0f);
    const ts_tensor column = ts_contiguous(&ctx, ts_slice(&ctx, w, 1, 1, 1));
    assert_true(((float *)column.data)[1] == 4.0f);
    float c = 2.0f;
    ts_seed_grad(&ctx, y, ts_tensor_of(&c, TS_F32, 2, (const int64_t[]){1, 1}));
    assert_int_equal(ts_tape_backward(&ctx), TS_OK);
    const float expected[4] = {0, 0, 2, 20};
    assert_memory_equal(w.grad->value.data, expected, sizeof expected);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    static const view bad_slice[] = {{.axis = 3, .first = 0, .count = 1}, {.axis = -4, .first = 0, .count = 1}, {.axis = 0, .first = 1, .count = 2}, {.axis = 0, .first = -1, .count = 1},
                                     {.axis = 0, .first = 0, .count = -1}, {.axis = 1, .first = 4, .count = 0}};
    for (int i = 0; i < 6; i++) {
        op_case c = {sliced, &bad_slice[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 2, 3, 5)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    static const view bad_order[] = {{.order = {0, 1, 1}}, {.order = {0, 1, 3}}, {.order = {-1, 0, 1}}};
    static const view bad_pair = {.order = {0, 3}};
    static const view bad_shape[] = {{.rank = 1, .size = {29}}, {.rank = 2, .size = {-1, 7}},
                                     {.rank = 2, .size = {-1, -1}}, {.rank = 7}, {.rank = -1},
                                     {.rank = 2, .size = {-1, 0}}, {.rank = 2, .size = {-2, -15}}};
    for (int i = 0; i < 3; i++) {
        op_case c = {permuted, &bad_order[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 2, 3, 5)}};
        op_fails(&c, TS_ERROR_SHAPE);
        c.apply = transposed;
        c.arg = &bad_pair;
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    for (int i = 0; i < 7; i++) {
        op_case c = {reshaped, &bad_shape[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 2, 3, 5)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    static const int64_t three = 3, zero = 0;
    op_case c = {heads, &three, .inputs = 1, .in = {op_tensor(0, 1, 0, 3, 2, 3, 5)}};
    op_fails(&c, TS_ERROR_SHAPE);
    c.arg = &zero;
    op_fails(&c, TS_ERROR_SHAPE);
    c.apply = merged;
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),         cmocka_unit_test(orders),
        cmocka_unit_test(shapes),         cmocka_unit_test(chains),
        cmocka_unit_test(attention_heads), cmocka_unit_test(shares),
        cmocka_unit_test(narrow_weights), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
