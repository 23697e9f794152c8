#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/files.h"

#include "ref/train/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void lines(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_record r;
    ts_ctx_open_plain(&ctx);
    const char *path = files_path("log");
    ts_record_open(&ctx, &r, path, false);
    ts_record_line(&ctx, &r, json_pack("{s:i, s:o}", "step", 1, "loss", ts_record_number(NAN)));
    ts_record_close(&ctx, &r);
    ts_record_open(&ctx, &r, path, true);
    ts_record_line(&ctx, &r, json_pack("{s:o}", "loss", ts_record_number(0.5)));
    assert_int_equal(ts_record_close(&ctx, &r), TS_OK);
    size_t size;
    char *text = files_read(path, &size);
    assert_string_equal(text, "{\"step\":1,\"loss\":null}\n{\"loss\":0.5}\n");
    free(text);
    ts_record_open(&ctx, &r, NULL, false); /* no log: nothing happens */
    assert_int_equal(ts_record_line(&ctx, &r, json_null()), TS_OK);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_record r;
    ts_ctx_open_plain(&ctx);
    ts_record_open(&ctx, &r, "/nowhere/log", false);
    files_failed(&ctx, TS_ERROR_IO, "/nowhere/log: No such file or directory");
    ts_record_open(&ctx, &r, "/dev/full", false);
    assert_int_equal(ts_record_line(&ctx, &r, json_true()), TS_ERROR_IO);
    files_failed(&ctx, TS_ERROR_IO, "/dev/full: No space left on device");
    ts_record_close(&ctx, &r);
    ts_ctx_clear(&ctx);
    ts_record_open(&ctx, &r, files_path("log"), false);
    assert_int_equal(ts_record_line(&ctx, &r, NULL), TS_ERROR_MEMORY);
    ts_record_close(&ctx, &r);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
