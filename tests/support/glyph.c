#include "tests/support/glyph.h"

#include <stdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
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

/* Which bound a field has. */
static double bound(const char *key, double want, bool line)
{
    static const char *const drawn[] = {"text_bbox", "picture_bbox", "bbox_50", "getsize",
                                        "getoffset", "probe_size", "x", "y", "x_s", "y_end"};
    if (strcmp(key, "pixels") == 0)
        return fmax(0.1 * want, 3);
    if (strncmp(key, "font_size", 9) == 0 || strcmp(key, "ratio") == 0 ||
        (line && strcmp(key, "size") == 0))
        return 0.03 * want;
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
        if (strcmp(key, drawn[i]) == 0)
            return 3;
    return 1e-4;
}

static bool agrees(const char *key, const json_t *want, const json_t *got, bool line)
{
    if (!got)
        return false;
    if (strcmp(key, "error") == 0)
        return json_is_string(got);
    if (json_is_array(want)) {
        bool all = json_array_size(want) == json_array_size(got);
        for (size_t i = 0; all && i < json_array_size(want); i++)
            all = agrees(key, json_array_get(want, i), json_array_get(got, i), line);
        return all;
    }
    if (!json_is_number(want) || !json_is_number(got))
        return json_equal(want, got);
    const double w = json_number_value(want);
    return fabs(w - json_number_value(got)) <= bound(key, w, line);
}

static bool row_agrees(json_t *want, json_t *got, bool line)
{
    const char *key;
    json_t *value;
    bool all = json_object_size(want) == json_object_size(got);
    json_object_foreach(want, key, value)
        all = all && agrees(key, value, json_object_get(got, key), line);
    return all;
}

void glyph_rows(const ts_module *table, const char *path, size_t rows, const char *const *texts,
                int text_count, int misses)
{
    json_t *root = glyph_json(path);
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_call call = {0};
    const char *name = json_string_value(json_object_get(root, "module"));
    const ts_module *module = ts_module_find(table, name, &call);
    assert_non_null(module);
    call.rows = json_object_get(root, "rows");
    if (module->run(&ctx, &call))
        fail_msg("%s", ctx.message);
    assert_int_equal(json_array_size(call.rows), rows);
    assert_int_equal(json_array_size(call.answer), rows);
    int missed = 0;
    for (size_t i = 0; i < rows; i++) {
        const json_t *row = json_array_get(call.rows, i);
        const char *text = json_string_value(json_object_get(row, "text"));
        const json_t *answer = json_array_get(call.answer, i);
        if (row_agrees(json_object_get(row, "out_basic_layout"),
                       json_object_get(answer, "out_basic_layout"),
                       strcmp(name, "glyph.line") == 0))
            continue;
        bool known = false;
        for (int k = 0; k < text_count; k++)
            known = known || strcmp(texts[k], text) == 0;
        if (!known)
            fail_msg("row %zu of %s: \"%s\"", i, path, text);
        missed++;
    }
    assert_int_equal(missed, misses);
    ts_call_free(&call);
    json_decref(root);
    ts_ctx_close(&ctx);
}
