#include "tests/support/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

char command_said[1 << 16];

int command(const char *format, ...)
{
    char words[4096], line[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    const char *program = getenv("TOUCHSTONE");
    snprintf(line, sizeof line, "%s %s 2>&1", program ? program : "build/touchstone", words);
    FILE *f = popen(line, "r");
    assert_non_null(f);
    const size_t n = fread(command_said, 1, sizeof command_said - 1, f);
    command_said[n] = '\0';
    char rest[4096];
    while (fread(rest, 1, sizeof rest, f) > 0)
        continue;
    const int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void command_must_say(const char *text)
{
    if (!strstr(command_said, text))
        fail_msg("expected \"%s\" in:\n%s", text, command_said);
}

void command_must_not_say(const char *text)
{
    if (strstr(command_said, text))
        fail_msg("unexpected \"%s\" in:\n%s", text, command_said);
}

static char folder[64];

static void remove_folder(void)
{
    char line[128];
    snprintf(line, sizeof line, "rm -rf %s", folder);
    if (system(line) != 0)
        fprintf(stderr, "%s failed\n", line);
}

const char *command_folder(void)
{
    if (!*folder) {
        snprintf(folder, sizeof folder, "build/test-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}
