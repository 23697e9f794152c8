#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/unicode.h"

static void sorted(const ts_rune_range *r, int count)
{
    assert_true(count > 100);
    for (int i = 0; i < count; i++) {
        assert_true(r[i].first <= r[i].last);
        assert_true(i == 0 || r[i - 1].last < r[i].first);
    }
}

static bool holds(const ts_rune_range *r, int count, int32_t rune)
{
    for (int i = 0; i < count; i++)
        if (r[i].first <= rune && rune <= r[i].last)
            return true;
    return false;
}

/* Some of the characters that Unicode's DerivedCoreProperties names. */
static void tables(void **state)
{
    (void)state;
    sorted(ts_cased_ranges, ts_cased_count);
    sorted(ts_case_ignorable_ranges, ts_case_ignorable_count);
    static const int32_t cased[] = {'A', 'z', 0xAA, 0x3A3, 0x2160, 0x24D0, 0x10400, 0x1F130};
    for (int i = 0; i < 8; i++)
        assert_true(holds(ts_cased_ranges, ts_cased_count, cased[i]));
    static const int32_t ignorable[] = {'\'', '.', ':', 0xAD, 0x300, 0x2019, 0xFE0F, 0xE0001};
    for (int i = 0; i < 8; i++)
        assert_true(holds(ts_case_ignorable_ranges, ts_case_ignorable_count, ignorable[i]));
    assert_false(holds(ts_cased_ranges, ts_cased_count, 0x4E00));
    assert_false(holds(ts_case_ignorable_ranges, ts_case_ignorable_count, '-'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
