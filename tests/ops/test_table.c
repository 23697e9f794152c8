#include "tests/support/op.h"

#include <stdlib.h>
#include <string.h>

/* Every kernel of a table is there; where fast or blas have their own, it is not plain's. */
static void complete(void **state)
{
    (void)state;
    const ts_table *plain = &ts_table_plain, *blas = ts_table_named("blas");
#define GAUGE(name, args)
#define BOTH(table, name) assert_true((table)->f32.name && (table)->f64.name);
#define DIFFER(a, b, name) assert_true((a)->f32.name != (b)->f32.name && (a)->f64.name != (b)->f64.name);
#define SAME(a, b, name) assert_true((a)->f32.name == (b)->f32.name && (a)->f64.name == (b)->f64.name);
#define COMMON(name)                                                                               \
    BOTH(plain, name)                                                                              \
    assert_true(ts_table_honest.f32.name && ts_table_honest.f32.name != plain->f32.name);          \
    assert_true(!ts_table_honest.f64.name);
#define KERNEL_PLAIN(name, args)                                                                   \
    COMMON(name) SAME(plain, &ts_table_fast, name)                                                 \
    if (blas) SAME(plain, blas, name)
#define KERNEL_FAST(name, args)                                                                    \
    COMMON(name) BOTH(&ts_table_fast, name) DIFFER(plain, &ts_table_fast, name)                    \
    if (blas) SAME(&ts_table_fast, blas, name)
#define KERNEL_BLAS(name, args)                                                                    \
    COMMON(name) BOTH(&ts_table_fast, name) DIFFER(plain, &ts_table_fast, name)                    \
    if (blas) { BOTH(blas, name) DIFFER(&ts_table_fast, blas, name) DIFFER(plain, blas, name) }
#include "ref/ops/kernels.def"
}

static void names(void **state)
{
    (void)state;
    assert_ptr_equal(ts_table_named("plain"), &ts_table_plain);
    assert_ptr_equal(ts_table_named("fast"), &ts_table_fast);
    assert_null(ts_table_named("honest")); /* no backend */
    assert_null(ts_table_named("Fast"));
    assert_null(ts_table_named(""));
    int count = 0;
    for (; ts_table_name(count); count++)
        assert_string_equal(ts_table_named(ts_table_name(count))->name, ts_table_name(count));
    assert_true(count == (ts_table_named("blas") ? 3 : 2));
    assert_null(ts_table_name(-1));
    assert_null(ts_table_name(count + 5));
    assert_true(ts_table_plain.has_f64 && ts_table_fast.has_f64 && !ts_table_honest.has_f64);
}

/* A core set by hand is respected, and nothing better than the one in use is wanted twice. */
static void blas_core(void **state)
{
    (void)state;
    assert_true((ts_blas_core()[0] != '\0') == (ts_table_named("blas") != NULL));
    assert_int_equal(setenv("OPENBLAS_CORETYPE", "Haswell", 1), 0);
    assert_string_equal(ts_blas_core_wanted(), "");
    assert_int_equal(unsetenv("OPENBLAS_CORETYPE"), 0);
    assert_true(*ts_blas_core_wanted() == '\0' ||
                strcmp(ts_blas_core_wanted(), ts_blas_core()) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete),
        cmocka_unit_test(names),
        cmocka_unit_test(blas_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
