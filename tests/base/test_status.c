#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/ctx.h"

#include <string.h>

static void the_first_failure_stays(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);
    assert_int_equal(ts_fail(&ctx, TS_ERROR_IO, "%s: %d", "a.png", 3), TS_ERROR_IO);
    assert_int_equal(ts_fail(&ctx, TS_ERROR_SHAPE, "because of it"), TS_ERROR_SHAPE);
    assert_int_equal(ts_ctx_status(&ctx), TS_ERROR_IO);
    assert_string_equal(ctx.message, "a.png: 3");
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);
    assert_string_equal(ctx.message, "");
    ts_fail(&ctx, TS_ERROR_SHAPE, "another");
    assert_string_equal(ctx.message, "another");
    ts_ctx_close(&ctx);
}

static void long_sentences_are_cut(void **state)
{
    (void)state;
    ts_ctx ctx;
    char text[2 * TS_MESSAGE];
    ts_ctx_open_plain(&ctx);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ts_fail(&ctx, TS_ERROR_FORMAT, "%s", text);
    assert_int_equal(strlen(ctx.message), TS_MESSAGE - 1);
    ts_ctx_close(&ctx);
}

static void one_line(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_fail(&ctx, TS_ERROR_FORMAT, "%s: no such key", "a\nb\x1b[31m\x7f\xc3\xa9");
    assert_string_equal(ctx.message, "a?b?[31m?\xc3\xa9: no such key");
    ts_ctx_close(&ctx);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(ts_status_name(TS_OK), "ok");
    assert_string_equal(ts_status_name(TS_ERROR_USAGE), "usage");
    assert_string_equal(ts_status_name(TS_ERROR_MEMORY), "memory");
    assert_string_equal(ts_status_name(TS_ERROR_INTERRUPTED), "interrupted");
    assert_string_equal(ts_status_name((ts_status)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(one_line),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
