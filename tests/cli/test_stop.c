#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/command.h"

#include <signal.h>

/* The first Ctrl-C sets the flag; from then on it does what it always does. */
static void first_and_second(void **state)
{
    (void)state;
    struct sigaction now;
    assert_int_equal(*ts_stop_flag(), 0);
    ts_stop_catch();
    raise(SIGINT);
    assert_int_equal(*ts_stop_flag(), 1);
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_and_second)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
