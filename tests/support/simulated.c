#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/simulated.h"

#include <string.h>

const ts_simulation simulated_usual = {
    .topology = {.ranks = 128, .hosts = 16, .link = {{5e-6, 1 / 130e9}, {25e-6, 8 / 25e9}}},
    .payload = {0, {1, 100}, 4, 4},
    .steps = 30,
    .memory = 900e9,
    .efficiency = 1,
    .store = 300e6,
    .decode = 4000,
    .host = 10e9};

static char said[1 << 15];

void simulate(const ts_simulate_table *tables, const char *name, const ts_simulation *x)
{
    ts_ctx ctx;
    FILE *to = tmpfile();
    assert_non_null(to);
    ts_ctx_open_plain(&ctx);
    while (strcmp(tables->name, name) != 0)
        assert_non_null((++tables)->name);
    ts_sheet *s = ts_sheet_open(&ctx, name, tables->title, tables->columns);
    tables->fill(&ctx, s, x);
    ts_sheet_print(&ctx, s, TS_SHEET_TSV, to);
    assert_string_equal(ctx.message, "");
    ts_sheet_close(s);
    ts_ctx_close(&ctx);
    rewind(to);
    said[fread(said, 1, sizeof said - 1, to)] = 0;
    fclose(to);
}

void simulated_says(const char *text)
{
    if (!strstr(said, text))
        fail_msg("no \"%s\" in\n%s", text, said);
}
