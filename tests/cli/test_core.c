#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/core.h"

#include "ref/ops/table.h"

#include <stdlib.h>

/* With the variable set by hand there is nothing to choose, and nothing is executed. */
static void set_by_hand(void **state)
{
    (void)state;
    char name[] = "test", *argv[] = {name, NULL};
    setenv("OPENBLAS_CORETYPE", "Haswell", 1);
    assert_string_equal(ts_blas_core_wanted(), "");
    ts_core_choose(argv);
    assert_string_equal(getenv("OPENBLAS_CORETYPE"), "Haswell");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(set_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
