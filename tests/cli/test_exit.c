#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/command.h"

static void codes(void **state)
{
    (void)state;
    static const struct {
        ts_status status;
        int code;
    } of[] = {{TS_ERROR_USAGE, 2}, {TS_ERROR_SHAPE, 1},  {TS_ERROR_FORMAT, 1},
              {TS_ERROR_IO, 1},    {TS_ERROR_MEMORY, 1}, {TS_ERROR_INTERRUPTED, 130}};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_exit_code(&ctx), 0);
    for (int i = 0; i < 6; i++) {
        ts_ctx_clear(&ctx);
        ts_fail(&ctx, of[i].status, "planted by a test");
        assert_int_equal(ts_exit_code(&ctx), of[i].code);
    }
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
