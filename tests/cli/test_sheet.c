#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/sheet.h"

#include <stdio.h>
#include <string.h>

static void printed(ts_ctx *ctx, const ts_sheet *s, ts_sheet_form form, const char *wanted)
{
    char text[2048] = "";
    FILE *to = tmpfile();
    assert_non_null(to);
    assert_int_equal(ts_sheet_print(ctx, s, form, to), TS_OK);
    rewind(to);
    text[fread(text, 1, sizeof text - 1, to)] = 0;
    fclose(to);
    assert_string_equal(text, wanted);
}

static void prints(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_sheet *s = ts_sheet_open(&ctx, "t", "a title", "name|ms|known");
    assert_non_null(s);
    ts_sheet_row(&ctx, s, "a|%.2f|-", 1.5);
    ts_sheet_row(&ctx, s, "caf\xc3\xa9|%d|%s", 12, "3");
    ts_sheet_note(&ctx, s, "as %s", "measured");
    printed(&ctx, s, TS_SHEET_TEXT,
            "t: a title\n"
            "  name    ms  known\n"
            "  a     1.50      -\n"
            "  caf\xc3\xa9    12      3\n"
            "  * as measured\n");
    printed(&ctx, s, TS_SHEET_TSV, "# t: a title\n# name\tms\tknown\na\t1.50\t-\ncaf\xc3\xa9\t12\t3\n");
    printed(&ctx, s, TS_SHEET_JSON,
            "{\"name\": \"t\", \"title\": \"a title\", \"columns\": [\"name\", \"ms\", \"known\"], "
            "\"rows\": [[\"a\", 1.5, null], [\"caf\xc3\xa9\", 12.0, 3.0]], "
            "\"notes\": [\"as measured\"]}\n");
    ts_sheet_close(s);
    ts_ctx_close(&ctx);
}

static void long_notes_break(void **state)
{
    (void)state;
    char note[200] = "", wanted[300];
    ts_ctx ctx;
    for (int i = 0; i < 19; i++)
        strcat(note, i ? " 12345678" : "12345678");
    ts_ctx_open_plain(&ctx);
    ts_sheet *s = ts_sheet_open(&ctx, "t", "x", "a");
    ts_sheet_note(&ctx, s, "%s", note);
    snprintf(wanted, sizeof wanted, "t: x\n  a\n  * %.*s\n    %s\n", 89, note, note + 90);
    printed(&ctx, s, TS_SHEET_TEXT, wanted);
    ts_sheet_close(s);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_sheet *s = ts_sheet_open(&ctx, "t", "x", "a|b");
    assert_int_equal(ts_sheet_row(&ctx, s, "1|2|3"), TS_ERROR_USAGE);
    assert_string_equal(ctx.message, "table t: a row of 3 cells for 2 columns: 1|2|3");
    ts_sheet_close(s);
    ts_ctx_clear(&ctx);
    assert_null(ts_sheet_open(&ctx, "t", "x", "||||||||||||||||||||||||"));
    ts_ctx_clear(&ctx);
    s = ts_sheet_open(&ctx, "t", "x", "a|b");
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        assert_int_equal(ts_sheet_print(&ctx, s, TS_SHEET_TEXT, full), TS_ERROR_IO);
        assert_string_equal(ctx.message, "the table cannot be written: No space left on device");
        fclose(full);
    }
    ts_sheet_close(s);
    ts_ctx_close(&ctx);
}

/* Every allocation fails once. */
static void survives(void **state)
{
    (void)state;
    for (int n = 1, failed = 1; failed; n++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        ts_plant_fault(n);
        ts_sheet *s = ts_sheet_open(&ctx, "t", "x", "a|b");
        for (int i = 0; s && i < 20; i++)
            ts_sheet_row(&ctx, s, "%d|2", i);
        failed = ctx.status != TS_OK;
        if (failed)
            assert_string_equal(ctx.message, "no memory for a table of results");
        ts_sheet_close(s);
        ts_ctx_close(&ctx);
    }
    ts_plant_fault(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints), cmocka_unit_test(long_notes_break), cmocka_unit_test(refuses),
        cmocka_unit_test(survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
