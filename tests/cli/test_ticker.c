#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/ticker.h"

#include "ref/cli/command.h"

#include <string.h>

static ts_ctx ctx;
static ts_ticker ticker;

static int start(void **state)
{
    (void)state;
    ts_ctx_open_plain(&ctx);
    ts_ticker_start(&ticker, &ctx);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ts_ctx_close(&ctx);
    return 0;
}

static void is_at(const char *wanted)
{
    char text[128];
    assert_string_equal(ts_ticker_where(&ticker, text, sizeof text), wanted);
}

static void remembers(void **state)
{
    (void)state;
    ticker.to = NULL;
    assert_ptr_equal(ctx.progress.stop, ts_stop_flag());
    is_at("before anything was computed");
    ts_tell(&ctx, "encoding the picture", 0, 0);
    is_at("while encoding the picture");
    ts_tell(&ctx, "tile", 2, 9);
    is_at("at tile 2 of 9");
    ts_tell(&ctx, "step", 0, 28);
    is_at("in step 1 of 28");
    ts_tell(&ctx, "step", 27, 28);
    is_at("in step 28 of 28");
    ts_tell(&ctx, "step", 28, 28);
    is_at("after step 28");
    ts_fail(&ctx, TS_ERROR_INTERRUPTED, "interrupted");
    ts_tell(&ctx, "decoding the picture", 0, 0); /* it is not */
    is_at("after step 28");
}

/* One line, written over and over, and cleared in the end. */
static void writes_one_line(void **state)
{
    (void)state;
    char said[512] = "";
    FILE *to = tmpfile();
    assert_non_null(to);
    ticker.to = to;
    ts_tell(&ctx, "encoding the picture", 0, 0);
    ts_tell(&ctx, "step", 0, 4);
    ts_tell(&ctx, "step", 2, 4);
    ts_ticker_end(&ticker);
    rewind(to);
    const size_t n = fread(said, 1, sizeof said - 1, to);
    fclose(to);
    assert_true(n > 0);
    assert_null(strchr(said, '\n'));
    assert_int_equal(said[n - 1], '\r');
    assert_non_null(strstr(said, "\rencoding the picture\rstep 1 of 4         \r"
                                 "step 3 of 4, 0 s left"));
}

static void clock_goes_on(void **state)
{
    (void)state;
    const double before = ts_seconds();
    assert_true(ts_seconds() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(remembers, start, end),
                                       cmocka_unit_test_setup_teardown(writes_one_line, start, end),
                                       cmocka_unit_test(clock_goes_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
