#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/ftfy.h"

#include <string.h>

static void entities(void **state)
{
    (void)state;
    assert_true(ts_entities_count > 2200);
    bool amp = false, capital = false;
    for (int i = 0; i < ts_entities_count; i++) {
        assert_true(i == 0 || strcmp(ts_entities[i - 1].name, ts_entities[i].name) < 0);
        amp = amp || (!strcmp(ts_entities[i].name, "amp") && !strcmp(ts_entities[i].text, "&"));
        capital = capital || (!strcmp(ts_entities[i].name, "EACUTE") &&
                              !strcmp(ts_entities[i].text, "\xC3\x89"));
    }
    assert_true(amp && capital);
}

static void sorted(const ts_replacement *r, int count)
{
    for (int i = 1; i < count; i++)
        assert_true(r[i - 1].rune < r[i].rune);
}

static void replacements(void **state)
{
    (void)state;
    sorted(ts_ligatures, ts_ligatures_count);
    sorted(ts_widths, ts_widths_count);
    assert_int_equal(ts_ligatures[ts_ligatures_count - 1].rune, 0xFB06);
    assert_string_equal(ts_ligatures[ts_ligatures_count - 1].text, "st");
    assert_int_equal(ts_widths[0].rune, 0x3000);
    assert_string_equal(ts_widths[0].text, " ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entities),
        cmocka_unit_test(replacements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
