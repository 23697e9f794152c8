#include "tests/support/glyph.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

json_t *glyph_json(const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (!root)
        fail_msg("%s: %s", path, error.text);
    return root;
}

int64_t glyph_points(const json_t *polygon, ts_point *points, int64_t room)
{
    const int64_t n = (int64_t)json_array_size(polygon);
    assert_true(n <= room);
    for (int64_t i = 0; i < n; i++) {
        const json_t *p = json_array_get(polygon, (size_t)i);
        points[i].x = (float)json_number_value(json_array_get(p, 0));
        points[i].y = (float)json_number_value(json_array_get(p, 1));
    }
    return n;
}

/* Planting is read once in a process, so every fault gets its own. This must be the first in a
 * program that allocates. */
int glyph_faults(ts_status (*call)(ts_ctx *ctx, void *arg), void *arg)
{
    for (int n = 1; n < 5000; n++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            char text[16];
            snprintf(text, sizeof text, "%d", n);
            setenv("TS_FAIL_ALLOC", text, 1);
            ts_ctx ctx;
            ts_ctx_open_plain(&ctx);
            const ts_status status = call(&ctx, arg);
            const int bad = status != ctx.status || (status && !ctx.message[0]);
            ts_ctx_close(&ctx);
            _exit(bad ? 3 : status == TS_OK ? 0 : status == TS_ERROR_MEMORY ? 1 : 2);
        }
        int state;
        assert_int_equal(waitpid(child, &state, 0), child);
        assert_true(WIFEXITED(state));
        if (WEXITSTATUS(state) == 0)
            return n - 1;
        assert_int_equal(WEXITSTATUS(state), 1);
    }
    fail_msg("an allocation that fails for ever");
    return 0;
}
