#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/ctx.h"

#include <stdio.h>
#include <string.h>

static void note(void *arg, const char *what, int64_t done, int64_t total)
{
    char *line = arg;
    const size_t at = strlen(line);
    snprintf(line + at, 64 - at, "%s %d/%d;", what, (int)done, (int)total);
}

static void tells(void **state)
{
    (void)state;
    ts_ctx ctx;
    char line[64] = "";
    ts_ctx_open_plain(&ctx);
    ts_tell(&ctx, "step", 1, 28); /* nobody listens */
    ctx.progress.tell = note;
    ctx.progress.arg = line;
    ts_tell(&ctx, "step", 2, 28);
    ts_tell(&ctx, "tile", 1, 0);
    assert_string_equal(line, "step 2/28;tile 1/0;");
    ts_ctx_close(&ctx);
}

static void stops(void **state)
{
    (void)state;
    ts_ctx ctx;
    volatile sig_atomic_t stop = 0;
    ts_ctx_open_plain(&ctx);
    assert_false(ts_interrupted(&ctx));
    ctx.progress.stop = &stop;
    assert_false(ts_interrupted(&ctx));
    assert_int_equal(ctx.status, TS_OK);
    stop = 1;
    assert_true(ts_interrupted(&ctx));
    assert_int_equal(ctx.status, TS_ERROR_INTERRUPTED);
    assert_string_equal(ctx.message, "interrupted");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells),
        cmocka_unit_test(stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
