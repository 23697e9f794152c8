#include "tests/support/faults.h"

#include "tests/support/files.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 0, REFUSED = 3, WRONG = 4, ENOUGH = 8 };

int faults_walk(const char *argument)
{
    int failed = 0, fine = 0;
    char self[4096]; /* by name: under valgrind the link itself leads to valgrind */
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = '\0';
    for (int n = 1; fine < ENOUGH; n++) {
        char number[16];
        snprintf(number, sizeof number, "%d", n);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            setenv("TS_FAIL_ALLOC", number, 1);
            execl(self, "test", argument, (char *)NULL);
            _exit(127);
        }
        int state;
        assert_int_equal(waitpid(child, &state, 0), child);
        const int code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
        if (code != FINE && code != REFUSED)
            fail_msg("allocation %d failed: the work ended with %d (status %d)", n, code, state);
        failed += code == REFUSED;
        fine = code == FINE ? fine + 1 : 0;
    }
    return failed;
}

void faults_begin(void)
{
    json_set_alloc_funcs(ts_alloc, ts_free);
}

int faults_answer(ts_ctx *ctx)
{
    const ts_status status = ts_ctx_status(ctx);
    /* jansson calls a string for which it has no memory a mistake in the text: that is its answer
     */
    const bool said = status == TS_ERROR_MEMORY ? strstr(ctx->message, "memory") != NULL
                                                : strstr(ctx->message, "not valid JSON") != NULL;
    if (status && !said)
        fprintf(stderr, "%s: %s\n", ts_status_name(status), ctx->message);
    ts_ctx_close(ctx);
    return !status ? FINE : said ? REFUSED : WRONG;
}
