#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

static void build(void **state)
{
    (void)state;
    assert_int_equal(command("info"), 0);
    command_must_say("tables       plain fast");
    command_must_say("threads      ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(build)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
