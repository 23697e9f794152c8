#include "tests/support/op.h"

#include <string.h>

typedef struct {
    double p;
    ts_dropout_key key;
} setting;

static ts_tensor apply(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const setting *s = arg;
    return ts_dropout(ctx, in[0], s->p, s->key);
}

static void sizes(void **state)
{
    (void)state;
    static const setting s = {0.25, {7, 3, 2}}, none = {0.0, {7, 3, 2}};
    static const int size[][2] = {{3, 5}, {1, 1}, {0, 4}, {70, 131}};
    for (int i = 0; i < 4; i++) {
        op_case c = {apply, &s, .inputs = 1, .in = {op_tensor(i, 1, 0, 2, size[i][0], size[i][1])}};
        if (i < 3)
            op_gradients(&c);
        op_tables(&c);
        op_gauge(&c);
        op_free(&c);
    }
    op_case c = {apply, &none, .inputs = 1, .in = {op_tensor(1, 1, 0, 2, 3, 5)}};
    double same[15];
    memcpy(same, c.in[0].data, sizeof same);
    for (int i = 0; i < 15; i++)
        ((double *)c.in[0].data)[i] = same[i] = i - 4;
    op_exact(&c, same);
    op_free(&c);
}

enum { MANY = 100000 };

/* How many of MANY ones remain; each must be 0 or 1 / (1 - p). `out` receives the result. */
static int64_t kept(setting s, ts_dtype type, double *out)
{
    ts_ctx ctx;
    int64_t count = 0;
    const int64_t n = MANY;
    ts_ctx_open(&ctx, &ts_table_fast, type, 2);
    ts_tensor x = ts_new(&ctx, type, 1, &n);
    for (int64_t i = 0; i < n; i++)
        if (type == TS_F64)
            ((double *)x.data)[i] = 1.0;
        else
            ((float *)x.data)[i] = 1.0f;
    const ts_tensor y = ts_dropout(&ctx, x, s.p, s.key);
    assert_int_equal(ctx.status, TS_OK);
    for (int64_t i = 0; i < n; i++) {
        out[i] = ts_load(y.data, type, i);
        count += out[i] > 0.0;
        assert_true(out[i] == 0.0 || out[i] == 1.0 / (1.0 - s.p));
    }
    ts_ctx_close(&ctx);
    return count;
}

/* The share is right to five standard deviations, the same key gives the same mask in either
 * format, and seed, step and layer each give another. */
static void random(void **state)
{
    (void)state;
    static double first[MANY], other[MANY];
    const setting s = {0.75, {11, 5, 1}}; /* 1 / (1 - p) = 4 is exact */
    const int64_t count = kept(s, TS_F32, first);
    assert_true(count > MANY / 4 - 5 * 137 && count < MANY / 4 + 5 * 137);
    kept(s, TS_F64, other);
    assert_memory_equal(first, other, sizeof first);
    for (int k = 0; k < 3; k++) {
        setting changed = s;
        changed.key.seed += k == 0;
        changed.key.step += k == 1;
        changed.key.layer += k == 2;
        kept(changed, TS_F32, other);
        int same = 0;
        for (int i = 0; i < MANY; i++)
            same += first[i] == other[i];
        assert_true(same > MANY * 0.6 && same < MANY * 0.65); /* 10/16 by chance */
    }
}

static void errors(void **state)
{
    (void)state;
    static const setting bad[] = {{1.0, {0}}, {-0.1, {0}}, {0.5, {0, -1, 0}}, {0.5, {0, 0, 1 << 16}}};
    for (int i = 0; i < 4; i++) {
        op_case c = {apply, &bad[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 3, 5)}};
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(random),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
