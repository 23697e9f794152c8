#include "tests/support/des.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t two(const ts_des_part *p)
{
    (void)p;
    return 2;
}

static ts_tensor pass(const ts_des_part *p, ts_tensor sum)
{
    (void)p;
    return sum;
}

static void refused(const ts_des_operator *op, ts_status status, const char *words)
{
    float weight[DES_ROWS] = {0}, bias[1] = {0};
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_sharded s = {.op = op, .batch = des_batch(false), .row = des_row, .ranks = 3,
                          .weight = ts_tensor_of(weight, TS_F32, 1, (const int64_t[]){DES_ROWS}),
                          .bias = ts_tensor_of(bias, TS_F32, 1, (const int64_t[]){1})};
    assert_true(ts_is_empty(ts_sharded_apply(&ctx, &s)));
    assert_int_equal(ctx.status, status);
    if (!strstr(ctx.message, words))
        fail_msg("%s", ctx.message);
    ts_ctx_close(&ctx);
}

static void message_of_the_wrong_size(void **state)
{
    (void)state;
    const ts_des_operator op = {"odd", two, ts_des_linear_part, pass, NULL, NULL};
    refused(&op, TS_ERROR_MISMATCH, "odd: the message of rank 0 is (6, 1) F32, not (6, 2)");
}

static ts_tensor infinite(const ts_des_part *p)
{
    ts_tensor x = ts_new_zero(p->comm->ctx, TS_F32, 2, (const int64_t[]){DES_SAMPLES, 2});
    if (p->comm->rank == 1)
        ((float *)x.data)[5] = (float)NAN;
    return x;
}

/* All ranks see it, or are told by one that has; they stop with one sentence. */
static void numbers_that_are_not_finite(void **state)
{
    (void)state;
    const ts_des_operator op = {"odd", two, infinite, pass, NULL, NULL};
    refused(&op, TS_ERROR_FORMAT,
            "of 3: odd: nonfinite sum of messages, sample 2, number 1");
}

static ts_tensor nothing(const ts_des_part *p)
{
    ts_fail(p->comm->ctx, TS_ERROR_UNSUPPORTED, "no message");
    return (ts_tensor){0};
}

static void a_rank_that_fails(void **state)
{
    (void)state;
    const ts_des_operator op = {"odd", two, nothing, pass, NULL, NULL};
    refused(&op, TS_ERROR_UNSUPPORTED, "rank 0 of 3: no message");
}

static void totals(void **state)
{
    (void)state;
    double x[12];
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    for (int i = 0; i < 12; i++)
        x[i] = i;
    const ts_tensor t = ts_des_total(&ctx, ts_tensor_of(x, TS_F64, 3, (const int64_t[]){2, 3, 2}), 0.5);
    assert_int_equal(t.rank, 2);
    assert_true(((double *)t.data)[0] == 7.5 && ((double *)t.data)[1] == 25.5);
    const ts_tensor c = ts_des_columns(&ctx, ts_tensor_of(x, TS_F64, 2, (const int64_t[]){2, 6}), 2, 3);
    assert_int_equal(c.size[1], 3);
    assert_true(((double *)c.data)[0] == 2);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_of_the_wrong_size),
        cmocka_unit_test(numbers_that_are_not_finite),
        cmocka_unit_test(a_rank_that_fails),
        cmocka_unit_test(totals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
