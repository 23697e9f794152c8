#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

static void help(void **state)
{
    (void)state;
    assert_int_equal(command("--help"), 0);
    command_must_say("usage: touchstone COMMAND");
    assert_int_equal(command("help info"), 0);
    command_must_say("usage: touchstone info");
    assert_int_equal(command("info --help"), 0);
    command_must_say("usage: touchstone info");
    assert_int_equal(command("--version"), 0);
    command_must_say("touchstone ");
}

static void usage(void **state)
{
    (void)state;
    assert_int_equal(command("%s", ""), 2);
    command_must_say("usage:");
    assert_int_equal(command("inof"), 2);
    command_must_say("unknown command \"inof\"; did you mean info?");
    assert_int_equal(command("info --hlep"), 2);
    command_must_say("unknown option --hlep; did you mean --help?");
    command_must_say("Try: touchstone info --help");
}

static void full_disk(void **state)
{
    (void)state;
    assert_int_equal(command("--help > /dev/full"), 1);
    assert_int_equal(command("--version > /dev/null"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(help), cmocka_unit_test(usage),
                                       cmocka_unit_test(full_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
