#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/command.h"
#include "tests/support/command.h"
#include "tests/support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Its dashes as the man page writes them. */
static void in_roff(char *to, size_t room, const char *option)
{
    size_t n = 0;
    for (; *option && n + 3 < room; option++) {
        if (*option == '-')
            to[n++] = '\\';
        to[n++] = *option;
    }
    to[n] = '\0';
}

/* Every command has its section in the man page, and every option a place in it. */
static void man_page(void **state)
{
    (void)state;
    static const ts_command *const all[] = {
#define COMMAND(name) &ts_command_##name,
#include "ref/cli/commands.def"
#undef COMMAND
    };
    size_t bytes;
    char *page = files_read("data/man/touchstone.1", &bytes);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char word[128], name[64];
        snprintf(word, sizeof word, "\n.SH ");
        for (size_t k = 0; k <= strlen(all[i]->name); k++)
            word[5 + k] = (char)(all[i]->name[k] >= 'a' ? all[i]->name[k] - 32 : all[i]->name[k]);
        const char *section = strstr(page, word);
        if (!section)
            fail_msg("the man page has no section on %s", all[i]->name);
        const char *end = strstr(section + 1, "\n.SH ");
        for (const ts_option *o = all[i]->options; o->name; o++) {
            in_roff(name, sizeof name, o->name);
            if (o->value)
                snprintf(word, sizeof word, "\n.BI %s \" %s\"\n", name, o->value);
            else
                snprintf(word, sizeof word, "\n.B %s\n", name);
            const char *at = strstr(section, word);
            if (!at || at > end)
                fail_msg("the man page does not know %s %s", all[i]->name, o->name);
        }
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(help), cmocka_unit_test(usage),
                                       cmocka_unit_test(full_disk), cmocka_unit_test(man_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
