#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/grad.h"

#include <string.h>

static void wanted(void **state)
{
    (void)state;
    ts_ctx ctx;
    const int64_t size = 3;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    ts_tensor t = ts_new(&ctx, TS_F32, 1, &size);
    assert_false(ctx.record);
    ts_want_grad(&ctx, &t, "x");
    assert_true(ctx.record);
    assert_string_equal(t.grad->name, "x");
    assert_true(ts_is_empty(t.grad->value));
    ts_ctx_close(&ctx);
}

/* Integers have none, and after a failure nothing is marked. */
static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    const int64_t size = 3;
    ts_ctx_open(&ctx, NULL, TS_F32, 1);
    ts_tensor ids = ts_new(&ctx, TS_I64, 1, &size), x = ts_new(&ctx, TS_F32, 1, &size);
    ts_want_grad(&ctx, &ids, "ids");
    assert_int_equal(ctx.status, TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "ids"));
    ts_want_grad(&ctx, &x, "x");
    assert_null(x.grad);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wanted), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
